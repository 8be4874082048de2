"""What a person wants from the window, on its way to the session."""

from dataclasses import replace
from typing import Final

from app.assembly.session_thread import SessionThread
from app.audio.catalog import Choice, Device, Direction
from app.conversation.admission import Secret
from app.conversation.settings import Settings
from app.conversation.sound_check import Deed
from app.ui.store import Store


class WindowIntents:
    """What a person wants from the window, posted to the session. GUI thread."""

    def __init__(self, session: SessionThread, store: Store) -> None:
        self._session: Final = session
        self._store: Final = store

    def connect(self) -> None:
        """Start a conversation with the active profile."""
        self._session.post(lambda session: session.connect())

    def disconnect(self) -> None:
        """Hang up, or stop connecting."""
        self._session.post(lambda session: session.disconnect())

    def talk_down(self) -> None:
        """The talk key or button went down."""
        self._session.post(lambda session: session.talk_down())

    def talk_up(self) -> None:
        """The talk key or button was let go."""
        self._session.post(lambda session: session.talk_up())

    def left(self) -> None:
        """Another program has the keyboard now."""
        self._session.post(lambda session: session.lose_talk_key())

    def interrupt(self) -> None:
        """Stop what the assistant is saying."""
        self._session.post(lambda session: session.interrupt())

    def set_muted(self, muted: bool) -> None:
        """Close or open the microphone."""
        self._session.post(lambda session: session.set_muted(muted))

    def send_text(self, text: str) -> None:
        """Say something in writing."""
        self._session.post(lambda session: session.send_text(text))

    def send_picture(self, data_uri: str, text: str) -> None:
        """Show the assistant a picture, with or without words."""
        self._session.post(lambda session: session.send_picture(data_uri, text))

    def answer_question(self, id: str, yes: bool) -> None:
        """Decide what a function of the model asked."""
        self._session.post(lambda session: session.answer_question(id, yes))

    def begin_anew(self) -> None:
        """Forget what was said; only while not connected."""
        self._session.post(lambda session: session.begin_anew())

    def pick(self, direction: Direction, device: Device | None) -> None:
        """Use this device; None is "System default"."""
        choice = Choice() if device is None else Choice(device.id, device.name, kind=device.kind)
        self._session.post(lambda session: session.pick(direction, choice))

    def set_volume(self, volume: float) -> None:
        """Loudness of the assistant."""
        self._use(replace(self._store.settings, output_volume=volume))

    def pick_profile(self, name: str) -> None:
        """Make this profile the active one."""
        self._use(replace(self._store.settings, profile=name))

    def save_settings(self, settings: Settings, credential: Secret | None) -> None:
        """Keep these settings, and a credential for their active profile."""
        self._use(settings)
        if credential is not None:
            self._session.post(lambda session: session.keep_credential(settings, credential))

    def forget_credential(self, profile_name: str) -> None:
        """Remove the stored credential of this profile."""
        self._session.post(lambda session: session.forget_credential(profile_name))

    def dismiss_notice(self) -> None:
        """The notice of the conversation was read."""
        self._session.post(lambda session: session.dismiss_notice())

    def rescan_devices(self) -> None:
        """Look for devices now."""
        self._session.post(lambda session: session.conductor.scan_devices())

    def check_sound(self, deed: Deed) -> None:
        """Try the devices."""
        self._session.post(lambda session: session.check_sound(deed))

    def _use(self, settings: Settings) -> None:
        self._session.post(lambda session: session.use_settings(settings))
