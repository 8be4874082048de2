"""The session's side of the window: what a person wants, on the session loop."""

import asyncio
import logging
import os
import secrets
from dataclasses import replace
from typing import Final

from app.assembly.border import Border
from app.assembly.guest import Guest, microphone_notice
from app.assembly.hints import Hints
from app.assembly.keeper import Keeper
from app.assembly.surroundings import Adapters
from app.assembly.this_program import toggle_command
from app.assembly.tool_desk import AppDesk, ToolBox
from app.audio.catalog import Choice, Direction, in_place_of
from app.conversation import happenings as did
from app.conversation.admission import Secret
from app.conversation.machines import Link
from app.conversation.profiles import Door
from app.conversation.settings import DeviceChoice, Settings
from app.conversation.sound_check import Deed
from app.conversation.talk_modes import Source
from app.conversation.troubles import Notice, StorageTrouble, notice_of
from app.conversation.view import Levels, Look, View
from app.devices.system import SystemDevices
from app.hotkeys.choosing import backend_for
from app.hotkeys.hotkeys import Hotkeys
from app.session.conductor import Conductor, Screen
from app.session.desk import DeskView
from app.session.sound_check import SoundCheck
from app.session.talking import Talking
from app.ui.identity import DESKTOP_ID

log = logging.getLogger("parlance.assembly")


class WindowSession:
    """What a person wants, on the session loop. One for each run of the window."""

    def __init__(
        self, tasks: asyncio.TaskGroup, adapters: Adapters, keeper: Keeper, border: Border, devices: SystemDevices
    ) -> None:
        self._tasks: Final = tasks
        self._adapters: Final = adapters
        self._keeper: Final = keeper
        self._border: Final = border
        self._devices: Final = devices
        devices.as_telephone = keeper.settings.lower_others
        self._hints: Final = Hints(tasks, lambda: self.conductor.levels(), border.notice.emit)
        screen = Screen(view=self._show_view, desk=self._show_desk)
        tools = ToolBox()
        self.conductor: Final = Conductor(tasks, adapters.world, devices, tools, keeper.settings, screen)
        self._sound_check: Final = SoundCheck(
            tasks, devices, self.conductor.desk, border.sound_check.emit, leave=microphone_notice
        )
        self.talking: Final = Talking(keeper.settings, lambda: self.conductor.state, self.conductor.handle)
        self._hotkeys: Final = Hotkeys(
            backend_for(os.environ, DESKTOP_ID, border.work.emit),
            _KeyEars(self.talking),
            lost=lambda: self.talking.lose(Source.KEY),
            show=border.key_report.emit,
            command=toggle_command(),
        )
        self._hotkeys.use(keeper.settings.talk.key)
        tasks.create_task(self._hotkeys.serve())
        self._guest: Final = Guest(
            tasks, keeper.settings, DESKTOP_ID, self.conductor, self.talking, border.balloon.emit, border.notice.emit
        )
        self._desk: Final = AppDesk(self.conductor.handle, notify=self._ring, open_page=border.page.emit)
        tools.desk = self._desk

    def connect(self) -> None:
        """Start a conversation with the active profile."""
        self.did(did.ConnectRequested())

    def disconnect(self) -> None:
        """Hang up, or stop connecting."""
        self.did(did.DisconnectRequested())

    def talk_down(self) -> None:
        """The window's talk key or button went down."""
        self.talking.press(Source.WINDOW)

    def talk_up(self) -> None:
        """The window's talk key or button was let go."""
        self.talking.release(Source.WINDOW)

    def lose_talk_key(self) -> None:
        """The window would not see the key's release."""
        self.talking.lose(Source.WINDOW)

    def interrupt(self) -> None:
        """Stop what the assistant is saying."""
        self.did(did.InterruptRequested())

    def set_muted(self, muted: bool) -> None:
        """Close or open the microphone."""
        self.did(did.MuteChosen(muted))

    def begin_anew(self) -> None:
        """Forget what was said; only while not connected."""
        self.did(did.NewConversationBegun())

    def dismiss_notice(self) -> None:
        """The notice of the conversation was read."""
        self.did(did.NoticeDismissed())

    def did(self, happening: did.Happening) -> None:
        """Something the heart decides about."""
        self.conductor.handle(happening)
        if isinstance(happening, did.ConnectRequested):
            self._guest.before_call()

    def send_text(self, text: str) -> None:
        """A typed message."""
        self.conductor.handle(did.TextSubmitted(text, f"item_{secrets.token_hex(8)}"))

    def send_picture(self, data_uri: str, text: str) -> None:
        """A picture that fits the channel, with or without words."""
        self.conductor.handle(did.ImageSubmitted(data_uri, text, f"item_{secrets.token_hex(8)}"))

    def answer_question(self, id: str, yes: bool) -> None:
        """The person decided what a function asked."""
        self._desk.answer(id, yes)

    def pick(self, direction: Direction, choice: Choice) -> None:
        """Choose a device."""
        self.conductor.pick(direction, choice)

    def use_settings(self, settings: Settings) -> None:
        """New settings, for the session, the file and the window."""
        before = self._keeper.settings
        if self._keeper.use(settings):
            self.talking.use(settings)
            self._hotkeys.use(settings.talk.key)
            self._guest.use(settings)
            self.conductor.use_settings(settings)
            self._sound_check.use(settings)
            self._devices.as_telephone = settings.lower_others
            if settings.active_profile != before.active_profile:
                self._tasks.create_task(self.conductor.warm())
            self._border.settings.emit(settings)

    def check_sound(self, deed: Deed) -> None:
        """Try the devices; a call has them for itself."""
        match deed:
            case Deed.BEGIN if self.conductor.state.link is Link.DOWN:
                self._sound_check.begin(self._keeper.settings)
            case Deed.BEGIN | Deed.END:
                self._sound_check.end()
            case _:
                self._sound_check.do(deed)

    def levels(self) -> Levels:
        """What the meters show. From any thread."""
        return self._sound_check.levels() or self.conductor.levels()

    def keep_credential(self, settings: Settings, credential: Secret) -> None:
        """Store a credential for the active profile of those settings."""
        self._tasks.create_task(self._keep_credential(settings, credential))

    def forget_credential(self, profile_name: str) -> None:
        """Remove a stored credential."""
        self._tasks.create_task(self._forget_credential(profile_name))

    def notify(self, title: str, words: str) -> None:
        """Tell a person who looks elsewhere."""
        self._guest.notify(title, words)

    def _ring(self, title: str, words: str) -> None:
        """A timer: in the window, and outside of it."""
        self._border.notification.emit(title, words)
        self._guest.notify(title, words)

    def leave_the_desktop(self) -> None:
        """No key works any more, and nothing is heard of the desktop."""
        self._hotkeys.close()
        self._guest.close()

    async def look_for_credential(self) -> None:
        """Tell the window whether the active profile has one. The rehearsal server never needs the keyring."""
        profile = self._keeper.settings.active_profile
        if profile.door is Door.REHEARSAL:
            return
        try:
            stored = await self._adapters.credentials.read(profile.credential_slot)
        except StorageTrouble as trouble:
            log.info("- keyring: %s", trouble.kind)
            return
        self._border.credentials.emit(frozenset({profile.name}) if stored else frozenset())

    async def _keep_credential(self, settings: Settings, credential: Secret) -> None:
        profile = settings.active_profile
        trouble = await self._adapters.credentials.write(profile.credential_slot, credential)
        if trouble is not None:
            log.info("- keyring: %s", trouble.kind)
        self._border.notice.emit(notice_of(trouble) if trouble is not None else None)
        self._border.credentials.emit(frozenset({profile.name}))

    async def _forget_credential(self, profile_name: str) -> None:
        profile = self._keeper.settings.profile_named(profile_name)
        if profile is None:
            return
        notice: Notice | None = None
        try:
            await self._adapters.credentials.forget(profile.credential_slot)
        except StorageTrouble as trouble:
            notice = notice_of(trouble)
        self._border.notice.emit(notice)
        self._border.credentials.emit(frozenset())

    def _show_view(self, view: View) -> None:
        self._border.view.emit(view)
        self._hints.show_view(view)
        if view.look is not Look.DISCONNECTED:
            self._sound_check.end()

    def _show_desk(self, view: DeskView) -> None:
        chosen = replace(self._keeper.settings, microphone=_kept(view.microphone), speaker=_kept(view.speaker))
        if self._keeper.use(chosen):
            self._sound_check.use(chosen)
            self._border.settings.emit(chosen)
        self._hints.use(
            in_place_of(view.microphone, view.catalog, Direction.MICROPHONE),
            in_place_of(view.speaker, view.catalog, Direction.SPEAKER),
        )
        self._border.catalog.emit(view.catalog)
        self._border.choices.emit(view.microphone, view.speaker)


class _KeyEars:
    """Where the presses of the key go that works in every window."""

    def __init__(self, talking: Talking) -> None:
        self._talking: Final = talking

    def pressed(self) -> None:
        """It went down."""
        self._talking.press(Source.KEY)

    def released(self) -> None:
        """It came up."""
        self._talking.release(Source.KEY)


def _kept(choice: Choice) -> DeviceChoice:
    return DeviceChoice(choice.device_id or "", choice.device_name, choice.earlier, choice.kind)
