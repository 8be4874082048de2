"""A stand-in for whoever takes the window's intents: it writes them down."""

from app.audio.catalog import Device, Direction
from app.conversation.admission import Secret
from app.conversation.settings import Settings


class Wishes:
    """Every intent as a tuple of its name and arguments, in order."""

    def __init__(self) -> None:
        self.made: list[tuple[object, ...]] = []

    def connect(self) -> None:
        self.made.append(("connect",))

    def disconnect(self) -> None:
        self.made.append(("disconnect",))

    def talk_down(self) -> None:
        self.made.append(("talk_down",))

    def talk_up(self) -> None:
        self.made.append(("talk_up",))

    def interrupt(self) -> None:
        self.made.append(("interrupt",))

    def set_muted(self, muted: bool) -> None:
        self.made.append(("set_muted", muted))

    def send_text(self, text: str) -> None:
        self.made.append(("send_text", text))

    def pick(self, direction: Direction, device: Device | None) -> None:
        self.made.append(("pick", direction, device))

    def set_volume(self, volume: float) -> None:
        self.made.append(("set_volume", volume))

    def pick_profile(self, name: str) -> None:
        self.made.append(("pick_profile", name))

    def save_settings(self, settings: Settings, credential: Secret | None) -> None:
        self.made.append(("save_settings", settings, credential))

    def forget_credential(self, profile_name: str) -> None:
        self.made.append(("forget_credential", profile_name))

    def dismiss_notice(self) -> None:
        self.made.append(("dismiss_notice",))

    def rescan_devices(self) -> None:
        self.made.append(("rescan_devices",))
