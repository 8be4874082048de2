"""What a person can want from the window, as the window says it."""

from typing import Protocol

from app.audio.catalog import Device, Direction
from app.conversation.admission import Secret
from app.conversation.settings import Settings
from app.conversation.sound_check import Deed


class Intents(Protocol):
    """Every call comes from the GUI thread and must return at once."""

    def connect(self) -> None:
        """Start a conversation with the active profile."""

    def disconnect(self) -> None:
        """Hang up, or stop connecting."""

    def talk_down(self) -> None:
        """The talk key or button went down. Always followed by exactly one ``talk_up``."""

    def talk_up(self) -> None:
        """The talk key or button was let go, or the window lost the focus."""

    def interrupt(self) -> None:
        """Stop what the assistant is saying."""

    def set_muted(self, muted: bool) -> None:
        """Close or open the microphone."""

    def send_text(self, text: str) -> None:
        """Say something in writing; never empty."""

    def send_picture(self, data_uri: str, text: str) -> None:
        """Show the assistant a picture that fits the channel; the text that goes with it may be empty."""

    def answer_question(self, id: str, yes: bool) -> None:
        """Decide what the question of that id asks."""

    def begin_anew(self) -> None:
        """Forget what was said and begin an empty conversation; only while not connected."""

    def pick(self, direction: Direction, device: Device | None) -> None:
        """Use this device; None is "System default"."""

    def set_volume(self, volume: float) -> None:
        """Loudness of the assistant, 0 to 1."""

    def pick_profile(self, name: str) -> None:
        """Make this profile the active one."""

    def save_settings(self, settings: Settings, credential: Secret | None) -> None:
        """Keep these settings. A credential is that of ``settings.active_profile``; None leaves the stored one."""

    def forget_credential(self, profile_name: str) -> None:
        """Remove the stored credential of this profile."""

    def dismiss_notice(self) -> None:
        """The notice of the conversation was read."""

    def rescan_devices(self) -> None:
        """Look for devices now."""

    def check_sound(self, deed: Deed) -> None:
        """Try the devices. A check that was begun is ended, but for one that a call has ended."""
