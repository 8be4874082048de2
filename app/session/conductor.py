"""The conductor: feeds the heart, carries out what it orders, keeps its time. Decides nothing itself."""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from app.audio.catalog import Choice, Direction
from app.audio.uplink import Uplink
from app.conversation import commands as do
from app.conversation import happenings as did
from app.conversation.heart import advance
from app.conversation.machines import Link, Successor
from app.conversation.plan import Plan, plan_of
from app.conversation.profiles import Door
from app.conversation.settings import Settings
from app.conversation.state import State
from app.conversation.troubles import LinkLost, RehearsalUnavailable, SoundTrouble
from app.conversation.view import Levels, View
from app.conversation.words import view_of
from app.realtime.events import ServerEvent, SessionCreated, SessionUpdated
from app.session.desk import Desk, DeskView, choice_of
from app.session.hearing import Ears, echo_settings
from app.session.lookout import Lookout
from app.session.opening import World
from app.session.ports import Devices, Playout, Tools
from app.session.relay import Relay
from app.session.sound import SoundThread
from app.session.sound_orders import steer, use_volumes
from app.session.sound_stats import put_away

log = logging.getLogger("parlance.session")

LONGEST_SESSION_S: Final = 86_400.0
"""A limit further away is a clock that is wrong, here or there."""


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
        self,
        tasks: asyncio.TaskGroup,
        world: World,
        devices: Devices,
        tools: Tools,
        settings: Settings,
        screen: Screen,
    ) -> None:
        self._tasks: Final = tasks
        self._world: Final = world
        self._devices: Final = devices
        self._tools: Final = tools
        self._settings = settings
        self._screen: Final = screen
        self._loop: Final = asyncio.get_running_loop()
        self._state = State(plan=self._plan(settings), muted=settings.muted)
        self._shown: View | None = None
        self._relay: Final = Relay(tasks, world, say=self._hear, play=self._play)
        self._sound: SoundThread | None = None
        self._lookout: Lookout | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ears: Final = Ears(self._sound_trouble)
        self.desk: Final = Desk(
            devices,
            {Direction.MICROPHONE: choice_of(settings.microphone), Direction.SPEAKER: choice_of(settings.speaker)},
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
        for command in commands:
            self._obey(command)
        self._set_timer()
        self._show()

    def use_settings(self, settings: Settings) -> None:
        """Settings changed; a running session follows as far as it can."""
        before, self._settings = self._settings, settings
        self.handle(did.PlanChanged(self._plan(settings)))
        if self._sound is not None:
            use_volumes(self._sound, settings)
            if echo_settings(settings) != echo_settings(before):
                self._tasks.create_task(self._ears.choose(settings))

    async def warm(self) -> None:
        """Do what can be done before somebody presses Connect: the server process, or the connections to the server."""
        profile = self._settings.active_profile
        if profile.door is Door.REHEARSAL and not profile.server_url:
            try:
                url, _key = await self._world.rehearsal.start()
            except RehearsalUnavailable as trouble:
                log.info("- not warm: %s", trouble.kind)  # whoever connects is told
                return
            profile = replace(profile, server_url=url)
        await self._world.tokens.warm(profile)

    def pick(self, direction: Direction, choice: Choice) -> None:
        """A device was chosen."""
        self._tasks.create_task(self.desk.pick(direction, choice))

    def scan_devices(self) -> None:
        """Devices may have come or gone."""
        self._tasks.create_task(self.desk.scan())

    def levels(self) -> Levels:
        """What the meters show. From any thread."""
        sound = self._sound
        return sound.levels() if sound is not None else Levels()

    # --- carrying out ---------------------------------------------------------------------------------------

    def _obey(self, command: do.Command) -> None:
        match command:
            case do.OpenSound():
                self._open_sound()
            case do.CloseSound():
                self._close_sound()
            case do.StartAttempt():
                self._relay.start(self._settings.active_profile)
            case do.StopAttempt():
                self._relay.stop()
            case do.StartSuccessor():
                self._relay.start_successor(self._settings.active_profile)
            case do.StopSuccessor():
                self._relay.stop_successor()
            case do.AdoptSuccessor():
                self._relay.adopt()
            case do.Send(request, to_successor):
                self._relay.send(request, to_successor=to_successor)
            case do.RunTool(call_id, name, arguments):
                self._tasks.create_task(self._run_tool(call_id, name, arguments))
            case _ if self._sound is not None:
                steer(self._sound, command)
            case _:
                pass

    def _hear(self, happening: did.Happening) -> None:
        """What the present attempt says, or its successor."""
        match happening:
            case did.LinkEnded(trouble):
                if isinstance(trouble, LinkLost):
                    self._forget_connections()
                happening = replace(happening, luck=random.random())
            case did.ServerSaid(event):
                self._screen.event(event)
                self._tell_limit(event, lambda told: told)
            case did.ToSuccessor(did.ServerSaid(event)):
                self._tell_limit(event, did.ToSuccessor)
            case _:
                pass
        self.handle(happening)

    def _tell_limit(self, event: ServerEvent, told: Callable[[did.SessionLimitTold], did.Happening]) -> None:
        if isinstance(event, SessionCreated | SessionUpdated) and event.session.expires_at:
            left_s = event.session.expires_at - datetime.now(UTC).timestamp()
            if 0 < left_s < LONGEST_SESSION_S:
                self.handle(told(did.SessionLimitTold(time.monotonic() + left_s)))

    def _network_changed(self) -> None:
        # An attempt on its way up may be using them, and finds out by itself.
        if self._state.link in (Link.LIVE, Link.WAITING) and self._state.successor is Successor.NONE:
            self._forget_connections()
        self.handle(did.NetworkChanged())

    def _forget_connections(self) -> None:
        """What broke a line, or may have, may have killed the kept connections too: nobody shall wait for those."""
        self._tasks.create_task(self._world.tokens.close())

    async def _run_tool(self, call_id: str, name: str, arguments: str) -> None:
        output, card = await self._tools.call(name, arguments)
        self.handle(did.ToolFinished(call_id, output, card))

    # --- sound ----------------------------------------------------------------------------------------------

    def _open_sound(self) -> None:
        turn = self._settings.turn
        sound = self._sound = SoundThread(
            self._devices,
            Uplink(pre_roll_ms=turn.pre_roll_ms, tail_ms=turn.tail_ms, processor=self._ears.canceller),
            send=self._relay.send_audio,
            gate_closed=lambda: self._post(did.GateClosed()),
            audible_changed=lambda audible: self._post(did.AssistantAudible(audible)),
            ended=lambda direction: self._post_end(sound, direction),
        )
        use_volumes(sound, self._settings)
        sound.start()
        self._lookout = Lookout(self._world.paths, self._network_changed, self._ears.look)
        self._tasks.create_task(self._ears.choose(self._settings))
        self._tasks.create_task(self._lookout.run())
        self._tasks.create_task(self.desk.serve(sound))

    def _close_sound(self) -> None:
        sound, self._sound = self._sound, None
        if self._lookout is not None:
            self._lookout.stop()
        if sound is not None:
            self.desk.release(sound)
            self._tasks.create_task(asyncio.to_thread(put_away, sound, self._ears.canceller))

    def _play(self, playout: Playout) -> None:
        if self._sound is not None:
            self._sound.play(playout)

    def _post(self, happening: did.Happening) -> None:
        """From any thread."""
        self._loop.call_soon_threadsafe(self.handle, happening)

    def _post_end(self, sound: SoundThread, direction: Direction) -> None:
        """From any thread."""
        self._loop.call_soon_threadsafe(self._replace_device, sound, direction)

    def _replace_device(self, sound: SoundThread, direction: Direction) -> None:
        if sound is self._sound:
            self._tasks.create_task(self.desk.replace(direction))

    def _sound_trouble(self, trouble: SoundTrouble) -> None:
        self.handle(did.TroubleArose(trouble))

    # --- time, words ----------------------------------------------------------------------------------------

    def _plan(self, settings: Settings) -> Plan:
        plan = plan_of(settings, settings.active_profile)
        tools = self._tools.definitions()
        return replace(plan, options=replace(plan.options, tools=tools)) if tools else plan

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
        for name in ("link", "turn", "response", "sound", "successor"):
            old, new = getattr(before, name), getattr(after, name)
            if old is not new:
                log.info("- %s %s -> %s", name, old.name, new.name)
        if after.stage is not before.stage and after.link is Link.OPENING:
            log.info("- stage %s", after.stage.name)
