"""The conductor: feeds the heart, carries out what it orders, keeps its time. Decides nothing itself."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.audio.catalog import Choice, Direction
from app.audio.gate import GateMode
from app.audio.uplink import Uplink
from app.conversation import commands as do
from app.conversation import happenings as did
from app.conversation.heart import advance
from app.conversation.machines import Link
from app.conversation.plan import plan_of
from app.conversation.settings import DeviceChoice, Settings
from app.conversation.state import State
from app.conversation.troubles import SoundTrouble
from app.conversation.view import Levels, View
from app.conversation.words import view_of
from app.realtime.events import ServerEvent
from app.session.attempt import Attempt, World
from app.session.desk import Desk, DeskView
from app.session.ports import Devices
from app.session.sound import SoundThread

log = logging.getLogger("parlance.session")


@dataclass(frozen=True, slots=True)
class Screen:
    """Where the conductor shows things. Called on the session loop; each returns at once."""

    view: Callable[[View], None]
    desk: Callable[[DeskView], None]
    event: Callable[[ServerEvent], None] = lambda _event: None
    """Every decoded server event, for a record that somebody asked for."""


class Conductor:
    """One for each run of the app. All methods belong to the session loop, but for ``levels``."""

    def __init__(
        self, tasks: asyncio.TaskGroup, world: World, devices: Devices, settings: Settings, screen: Screen
    ) -> None:
        self._tasks: Final = tasks
        self._world: Final = world
        self._devices: Final = devices
        self._settings = settings
        self._screen: Final = screen
        self._loop: Final = asyncio.get_running_loop()
        self._state = State(plan=plan_of(settings, settings.active_profile), muted=settings.muted)
        self._shown: View | None = None
        self._attempt: Attempt | None = None
        self._sound: SoundThread | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._desk: Final = Desk(
            devices,
            {Direction.MICROPHONE: _choice(settings.microphone), Direction.SPEAKER: _choice(settings.speaker)},
            show=screen.desk,
            arose=self._sound_trouble,
        )
        self._show()

    @property
    def state(self) -> State:
        """The conversation as it stands."""
        return self._state

    def handle(self, happening: did.Happening) -> None:
        """Something happened."""
        before = self._state
        self._state, commands = advance(before, happening, time.monotonic())
        self._log_moves(before)
        if isinstance(happening, did.ServerSaid):
            self._screen.event(happening.event)
        for command in commands:
            self._obey(command)
        self._set_timer()
        self._show()

    def use_settings(self, settings: Settings) -> None:
        """Settings changed; a running session follows as far as it can."""
        self._settings = settings
        self.handle(did.PlanChanged(plan_of(settings, settings.active_profile)))
        if self._sound is not None:
            self._sound.volume = settings.output_volume

    def pick(self, direction: Direction, choice: Choice) -> None:
        """A device was chosen."""
        self._tasks.create_task(self._desk.pick(direction, choice))

    def scan_devices(self) -> None:
        """Devices may have come or gone."""
        self._tasks.create_task(self._desk.scan())

    def levels(self) -> Levels:
        """What the meters show. From any thread."""
        sound = self._sound
        return sound.levels() if sound is not None else Levels()

    # --- carrying out ---------------------------------------------------------------------------------------

    def _obey(self, command: do.Command) -> None:
        match command:
            case do.StartAttempt():
                self._start_attempt()
            case do.StopAttempt() if self._attempt is not None:
                self._attempt.stop()
            case do.Send(request) if self._attempt is not None:
                self._attempt.send(request)
            case _ if self._sound is not None:
                _steer(self._sound, command)
            case _:
                pass

    def _start_attempt(self) -> None:
        turn = self._settings.turn
        # Each attempt has a sound of its own, so that what still arrives for an old one has nowhere to go.
        sound = self._sound = SoundThread(
            self._devices,
            Uplink(pre_roll_ms=turn.pre_roll_ms, tail_ms=turn.tail_ms),
            send=lambda block, gap_samples: attempt.send_audio(block, gap_samples),
            gate_closed=lambda: self._post(did.GateClosed()),
            audible_changed=lambda audible: self._post(did.AssistantAudible(audible)),
            ended=lambda direction: self._post_end(sound, direction),
        )
        sound.volume = self._settings.output_volume
        attempt = self._attempt = Attempt(self._world, self._settings.active_profile, self.handle, heard=sound.play)
        self._tasks.create_task(self._converse(attempt, sound))

    async def _converse(self, attempt: Attempt, sound: SoundThread) -> None:
        sound.start()
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._desk.serve(sound))
                await attempt.run()
        finally:
            self._desk.release(sound)
            if self._sound is sound:
                self._sound = None
            await asyncio.to_thread(sound.stop)

    def _post(self, happening: did.Happening) -> None:
        """From any thread."""
        self._loop.call_soon_threadsafe(self.handle, happening)

    def _post_end(self, sound: SoundThread, direction: Direction) -> None:
        """From any thread."""
        self._loop.call_soon_threadsafe(self._replace_device, sound, direction)

    def _replace_device(self, sound: SoundThread, direction: Direction) -> None:
        if sound is self._sound:
            self._tasks.create_task(self._desk.replace(direction))

    def _sound_trouble(self, trouble: SoundTrouble) -> None:
        self.handle(did.TroubleArose(trouble))

    # --- time, words ----------------------------------------------------------------------------------------

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._state.wake_at_s is not None:
            delay_s = max(0.0, self._state.wake_at_s - time.monotonic())
            self._timer = self._loop.call_at(self._loop.time() + delay_s, self.handle, did.WokeUp())

    def _show(self) -> None:
        view = view_of(self._state)
        if view != self._shown:
            self._shown = view
            self._screen.view(view)

    def _log_moves(self, before: State) -> None:
        """One line for each change of a phase: the names of phases, and nothing that was said."""
        after = self._state
        for name in ("link", "turn", "response", "sound"):
            old, new = getattr(before, name), getattr(after, name)
            if old is not new:
                log.info("- %s %s -> %s", name, old.name, new.name)
        if after.stage is not before.stage and after.link is Link.OPENING:
            log.info("- stage %s", after.stage.name)
        if after.notice is not None and after.notice is not before.notice and after.link is Link.DOWN:
            log.info("x ended with trouble")


def _steer(sound: SoundThread, command: do.Command) -> None:
    gate = sound.uplink.gate
    match command:
        case do.HoldSilence(held):
            gate.hold_silence = held
        case do.SetOpenMicrophone(is_open):
            gate.mode = GateMode.OPEN if is_open else GateMode.CLOSED
        case do.PressGate():
            gate.press()
        case do.ReleaseGate():
            gate.release()
        case do.Mute(muted):
            gate.muted = muted
        case do.DropPlayback():
            sound.drop()
        case do.AllowPlayback():
            sound.resume()
        case do.StartAttempt() | do.StopAttempt() | do.Send():
            pass


def _choice(chosen: DeviceChoice) -> Choice:
    return Choice(chosen.id or None, chosen.name)
