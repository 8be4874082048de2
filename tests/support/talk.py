"""A conversation without a window: the app's own conductor and adapters, a road to a server, and a person who speaks
the language of tones.
"""

import asyncio
import secrets
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Final
from unittest.mock import patch

import numpy as np

from app.assembly.surroundings import PathMemory, build_adapters
from app.audio.catalog import Catalog, Device, Direction
from app.audio.pcm import BLOCK_MS, BLOCK_SAMPLES, Pcm, silence
from app.audio.stream_stats import StreamStats
from app.conversation import happenings as did
from app.conversation.admission import Answer, Secret
from app.conversation.machines import Link, Successor
from app.conversation.paths import Network
from app.conversation.profiles import OWN_KEY, Door, Profile, Transport
from app.conversation.settings import CueSettings, Hearing, Settings, TurnMode, TurnSettings
from app.conversation.troubles import NoDevice
from app.conversation.view import Look, View
from app.processes.rehearsal import RehearsalProcess
from app.realtime.events import ServerEvent, SessionCreated
from app.realtime.session import FunctionTool, Tool
from app.session import lookout
from app.session.conductor import Conductor, Screen
from app.session.ports import Devices
from app.tokens.http import HttpTokens
from app.vault.credentials import KeyringCredentials
from app.vault.places import Places
from tests.support.rehearsal import KEY
from tests.support.road import Road
from tests.support.tones import FUNCTION, spoken

WAIT_S: Final = 20.0
"""Longer than any one thing takes here, even on a busy machine."""
SETTLE_S: Final = 0.2
"""From a reply's arrival to its sound, on a busy machine."""


CLOCK_AHEAD_S: ContextVar[list[float]] = ContextVar("clock ahead")
"""By how much the clock on the wall is ahead; one for each conversation, since they run beside one another."""
_true_offset_s: Final = lookout._clock_offset_s


def _offset_s() -> float:
    ahead = CLOCK_AHEAD_S.get(None)
    return _true_offset_s() + (ahead[0] if ahead else 0.0)


def a_clock_each() -> AbstractContextManager[object]:
    """While it lasts, ``Talk.set_clock_ahead`` works."""
    return patch.object(lookout, "_clock_offset_s", _offset_s)


class RoadTokens(HttpTokens):
    """The app's own, but calls lead over the road."""

    def __init__(self, road: Road) -> None:
        super().__init__()
        self._road = road

    async def exchange(self, profile: Profile, secret: Secret | None, offer_sdp: str) -> Answer:
        answer = await super().exchange(profile, secret, await self._road.lead(offer_sdp))
        return replace(answer, sdp=await self._road.lead_back(answer.sdp))


class NamedNetwork(PathMemory):
    """The app's own, on a network that the test names."""

    name = "here"

    def network(self) -> Network:
        return Network(self.name)


class Mouth:
    """Devices in real time: what is said comes out of the microphone, what is played is thrown away. Session loop."""

    def __init__(self) -> None:
        self._catalog = Catalog(
            (Device("mic", "Microphone", Direction.MICROPHONE, is_default=True),),
            (Device("speaker", "Speaker", Direction.SPEAKER, is_default=True),),
        )
        self._waiting: np.ndarray[tuple[int], np.dtype[np.int16]] = silence(0)
        self.all_said = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._plugged = True
        self._open: list[_Clockwork] = []
        self.played_samples = 0
        """Audible ones that the speaker was given."""

    def say(self, sound: Pcm) -> None:
        """Behind what is being said."""
        with self._lock:
            self.all_said.clear()
            self._waiting = np.concatenate((self._waiting, sound))

    def unplug(self) -> None:
        """All devices are away, as when the sound server ends."""
        self._plugged = False
        for stream in tuple(self._open):
            stream.break_off()

    def plug_in(self) -> None:
        """They are back."""
        self._plugged = True

    def scan(self) -> Catalog:
        return self._catalog if self._plugged else Catalog()

    def open_microphone(
        self, device: Device | None, on_block: Callable[[Pcm], None], on_end: Callable[[], None]
    ) -> "_Clockwork":
        def work(block: Pcm) -> None:
            with self._lock:
                said, self._waiting = self._waiting[:BLOCK_SAMPLES], self._waiting[BLOCK_SAMPLES:]
                if len(said) and not len(self._waiting):
                    self._loop.call_soon_threadsafe(self.all_said.set)
            block[:] = 0
            block[: len(said)] = said
            on_block(block)

        return self._opened(device, work, on_end)

    def open_speaker(
        self, device: Device | None, fill: Callable[[Pcm], None], on_end: Callable[[], None]
    ) -> "_Clockwork":
        def work(block: Pcm) -> None:
            fill(block)
            self.played_samples += int(np.count_nonzero(np.abs(block) > 500))

        return self._opened(device, work, on_end)

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        return lambda: None

    def _opened(self, device: Device | None, work: Callable[[Pcm], None], on_end: Callable[[], None]) -> "_Clockwork":
        if not self._plugged:
            raise NoDevice("device")
        stream = _Clockwork(device, work, on_end, self._open.remove)
        self._open.append(stream)
        return stream


class _Clockwork:
    """A thread that calls back every 10 ms."""

    def __init__(
        self,
        device: Device | None,
        work: Callable[[Pcm], None],
        on_end: Callable[[], None],
        closed: Callable[["_Clockwork"], None],
    ) -> None:
        self.device = device
        self._work, self._on_end, self._closed = work, on_end, closed
        self._stop = threading.Event()
        self._broken = False
        self._thread = threading.Thread(target=self._run, name="test-device", daemon=True)
        self._thread.start()

    def break_off(self) -> None:
        """End by itself."""
        self._broken = True
        self._stop.set()

    def stats(self) -> StreamStats:
        return StreamStats(0, 0, 0.0, 48_000, 1, failed=False)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._closed(self)

    def _run(self) -> None:
        block, due_s = silence(), time.monotonic()
        while not self._stop.wait(max(0.0, due_s - time.monotonic())):
            due_s = max(due_s + BLOCK_MS / 1000, time.monotonic() - 0.2)
            self._work(block)
        if self._broken:
            self._on_end()


class Toolbox:
    """One function, which takes as long as a test wants."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.calls = 0

    def definitions(self) -> tuple[Tool, ...]:
        return (FunctionTool(name=FUNCTION, description="Looks something up.", parameters={"type": "object"}),)

    async def call(self, name: str, arguments: str) -> tuple[str, str]:
        self.calls += 1
        await self.may_answer.wait()
        return '{"found": true}', "Looked it up"


class WatchedConductor(Conductor):
    """The app's own, telling whoever waits that something happened."""

    on_news: Callable[[], None] = staticmethod(lambda: None)
    adoptions = 0
    """How often the conversation moved to a new session."""

    def in_use(self, direction: Direction) -> str:
        """The name of the device that is in use as far as the app knows."""
        device = self._sound.device_in_use(direction) if self._sound is not None else None
        return device.name if device is not None else ""

    def handle(self, happening: did.Happening) -> None:
        before = self.state.successor
        super().handle(happening)
        failed = isinstance(happening, did.ToSuccessor) and isinstance(happening.happening, did.LinkEnded)
        if before is not Successor.NONE and self.state.successor is Successor.NONE and self.state.link is Link.LIVE:
            self.adoptions += not failed
        self.on_news()


class Talk:
    """What a person does in a conversation, and sees of it."""

    def __init__(self, conductor: WatchedConductor, road: Road, devices: Mouth, tools: Toolbox, paths: NamedNetwork):
        self.conductor: Final = conductor
        self.road: Final = road
        self.devices: Final = devices
        self.tools: Final = tools
        self.paths: Final = paths
        self.looks: Final[list[Look]] = []
        """Every look of the window, in order."""
        self.sentences: Final[list[str]] = []
        """Every notice, in order."""
        self.expected: Final[list[str]] = []
        """What the transcript must be in the end."""
        self.sessions: Final[list[str]] = []
        """The ids of all sessions that the server began, in order."""
        self.view = View()
        self._news: Final = asyncio.Event()
        conductor.on_news = self._news.set

    def show(self, view: View) -> None:
        """For the conductor: the window."""
        if view.look is not self.view.look:
            self.looks.append(view.look)
        if view.notice is not None and view.notice != self.view.notice:
            self.sentences.append(view.notice.sentence)
        self.view = view

    def note(self, event: ServerEvent) -> None:
        """For the conductor: what the server said."""
        if isinstance(event, SessionCreated):
            self.sessions.append(event.session.id)

    @property
    def link(self) -> Link:
        return self.conductor.state.link

    @property
    def rows(self) -> list[str]:
        """The transcript: who, what, and a bar before what was not heard."""
        return [
            f"{row.speaker.value}: {row.text}{'|' + row.unheard if row.unheard else ''}{'' if row.finished else '…'}"
            for row in self.view.rows
        ]

    def wish(self, happening: did.Happening) -> None:
        """Do something in the window."""
        self.conductor.handle(happening)

    async def comes(self, fact: Callable[[], bool], within_s: float) -> bool:
        """Wait for what can be seen; whether it came."""
        try:
            async with asyncio.timeout(within_s):
                while not fact():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    async def until(self, fact: Callable[[], bool], what: str, within_s: float = WAIT_S) -> None:
        """Wait for what must come."""
        if not await self.comes(fact, within_s):
            state = self.conductor.state
            phases = f"{state.link.name} {state.turn.name} {state.response.name} {state.sound.name}"
            raise AssertionError(f"not within {within_s:g} s: {what}; {phases} {self.rows} {self.sentences}")

    async def hang_up(self) -> None:
        """Press Hang up, and see it done."""
        self.wish(did.DisconnectRequested())
        await self.until(lambda: self.link is Link.DOWN, "hung up")

    async def connect(self) -> None:
        """Press Connect, and see it connected."""
        self.wish(did.ConnectRequested())
        await self.until(lambda: self.link in (Link.LIVE, Link.DOWN), "connected")
        assert self.link is Link.LIVE, self.sentences

    async def speak(self, words: str) -> None:
        """Say it to the end, whether anybody listens or not."""
        self.devices.say(spoken(words))
        async with asyncio.timeout(WAIT_S):
            await self.devices.all_said.wait()

    async def say(self, words: str) -> None:
        """Say it so that it is heard, with the key down if that is needed."""
        if self.view.push_to_talk:
            self.wish(did.TalkPressed())
        await self.speak(words)
        if self.view.push_to_talk:
            self.wish(did.TalkReleased())

    def expect(self, words: str) -> None:
        """One question more, and its answer."""
        self.expected.extend((f"user: {words}", f"assistant: Heard {words}."))

    async def answered(self) -> None:
        """Wait until all that is expected has been said and heard, and stays so."""

        def is_so() -> bool:
            return self.rows == self.expected and self.view.look is Look.LISTENING

        await self.until(is_so, f"the rows {self.expected}")
        # A reply that has all arrived and is not yet played looks for a moment like one that is over.
        while await self.comes(lambda: not is_so(), SETTLE_S):
            await self.until(is_so, f"the rows {self.expected}")

    async def ask(self, words: str) -> None:
        """A question and its answer, to the end."""
        self.expect(words)
        await self.say(words)
        await self.answered()

    def type(self, text: str) -> None:
        """Send a typed message."""
        self.wish(did.TextSubmitted(text, f"item_{secrets.token_hex(8)}"))

    async def lost(self, within_s: float = 6.0) -> None:
        """See that the connection is gone."""
        await self.until(lambda: self.view.look is Look.RECONNECTING, "the loss is shown", within_s)

    async def back(self) -> None:
        """See that it is there again."""
        await self.until(lambda: self.link is Link.LIVE, "it is back")

    async def moved(self) -> None:
        """See that the conversation goes on in another session, without a word about it."""
        await self.until(lambda: self.conductor.adoptions > 0, "it moved to another session")

    async def moved_again(self) -> None:
        """See it move from here on."""
        before = self.conductor.adoptions
        await self.until(lambda: self.conductor.adoptions > before, "it moved to another session")

    async def pause(self, duration_s: float) -> None:
        """Do nothing for a while."""
        await asyncio.sleep(duration_s)

    def set_clock_ahead(self, by_s: float) -> None:
        """As after a sleep, for this conversation alone."""
        CLOCK_AHEAD_S.get()[0] += by_s

    async def ended(self, sentence: str) -> None:
        """See that it is over, and why."""
        await self.until(lambda: self.link is Link.DOWN, "it is over")
        shown = self.view.notice.sentence if self.view.notice else ""
        assert sentence in shown, f"{sentence!r} is not in {shown!r}"


def profile_of(road: Road, transport: Transport) -> Profile:
    """The server at the end of a road, by a key of one's own."""
    return replace(OWN_KEY, server_url=f"http://127.0.0.1:{road.port}/v1", transport=transport)


def through(road: Road, broker_url: str, transport: Transport) -> Profile:
    """The same server, by a broker."""
    return replace(profile_of(road, transport), door=Door.BROKER, broker_url=broker_url)


def settings_for(profile: Profile, *, push_to_talk: bool = False) -> Settings:
    """Everything as usual, with that profile."""
    turn = TurnSettings(mode=TurnMode.PUSH_TO_TALK if push_to_talk else TurnMode.SERVER_VAD)
    return replace(
        Settings(),
        profile=profile.name,
        profiles=(profile,),
        turn=turn,
        hearing=Hearing.AS_IS,  # tones are noise to a noise filter
        cues=CueSettings(enabled=False),  # what the speaker plays is the assistant
    )


@asynccontextmanager
async def talking(
    road: Road,
    settings: Settings,
    folder: Path,
    rehearsal: RehearsalProcess | None = None,
    devices: Devices | None = None,
) -> AsyncIterator[Talk]:
    """A conductor that has not connected yet; hung up and put away when left.

    With ``devices`` of one's own the mouth of the talk stays shut.
    """
    adapters = build_adapters(Places.below(folder))
    tokens, paths = RoadTokens(road), NamedNetwork(folder / "networks.json")
    credentials = KeyringCredentials(stand_in=Secret(KEY))
    world = replace(adapters.world, tokens=tokens, paths=paths, credentials=credentials)
    if rehearsal is not None:
        world = replace(world, rehearsal=rehearsal)
    mouth, tools = Mouth(), Toolbox()
    CLOCK_AHEAD_S.set([0.0])
    talks: list[Talk] = []
    failed: BaseException | None = None

    def show(view: View) -> None:
        for talk in talks:
            talk.show(view)

    def note(event: ServerEvent) -> None:
        for talk in talks:
            talk.note(event)

    try:
        async with asyncio.TaskGroup() as tasks:
            screen = Screen(view=show, desk=lambda _view: None, event=note)
            conductor = WatchedConductor(tasks, world, devices or mouth, tools, settings, screen)
            talk = Talk(conductor, road, mouth, tools, paths)
            talks.append(talk)
            try:
                yield talk
            except BaseException as wrong:  # noqa: BLE001 - raised below: here it would cut short what is being put away
                failed = wrong
            conductor.handle(did.DisconnectRequested())
            await talk.until(lambda: talk.link is Link.DOWN, "hung up", 10.0)
        if failed is not None:
            raise failed
    finally:
        await tokens.close()
        await adapters.close()
        if rehearsal is not None:
            await rehearsal.stop()
