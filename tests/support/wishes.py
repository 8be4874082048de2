"""A stand-in for whoever takes the window's intents: it writes them down."""

from app.audio.catalog import Device, Direction
from app.conversation.admission import Secret
from app.conversation.settings import Settings
from app.conversation.sound_check import Deed


class Wishes:
    """Every intent as a tuple of its name and arguments, in order."""

    def __init__(self) -> None:
        self.made: list[tuple[object, ...]] = []

    def note(self, *wish: object) -> None:
        """Write one down."""
        self.made.append(wish)

    def connect(self) -> None:
        self.note("connect")

    def disconnect(self) -> None:
        self.note("disconnect")

    def talk_down(self) -> None:
        self.note("talk_down")

    def talk_up(self) -> None:
        self.note("talk_up")

    def interrupt(self) -> None:
        self.note("interrupt")

    def set_muted(self, muted: bool) -> None:
        self.note("set_muted", muted)

    def send_text(self, text: str) -> None:
        self.note("send_text", text)

    def send_picture(self, data_uri: str, text: str) -> None:
        self.note("send_picture", data_uri, text)

    def answer_question(self, id: str, yes: bool) -> None:
        self.note("answer_question", id, yes)

    def begin_anew(self) -> None:
        self.note("begin_anew")

    def pick(self, direction: Direction, device: Device | None) -> None:
        self.note("pick", direction, device)

    def set_volume(self, volume: float) -> None:
        self.note("set_volume", volume)

    def pick_profile(self, name: str) -> None:
        self.note("pick_profile", name)

    def save_settings(self, settings: Settings, credential: Secret | None) -> None:
        self.note("save_settings", settings, credential)

    def forget_credential(self, profile_name: str) -> None:
        self.note("forget_credential", profile_name)

    def dismiss_notice(self) -> None:
        self.note("dismiss_notice")

    def rescan_devices(self) -> None:
        self.note("rescan_devices")

    def check_sound(self, deed: Deed) -> None:
        self.note("check_sound", deed)
