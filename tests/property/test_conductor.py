"""A dead connection cannot speak: links that answer late, in any order, and tokens that fail at any time."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.audio.catalog import Catalog, Device, Direction
from app.audio.downlink import Downlink
from app.audio.pcm import Pcm
from app.audio.stream_stats import StreamStats
from app.conversation import happenings as did
from app.conversation.admission import Answer, Grant, Secret, SocketEntry
from app.conversation.machines import Link
from app.conversation.paths import Network
from app.conversation.profiles import BROKER, Profile, Transport
from app.conversation.settings import Settings
from app.conversation.troubles import BrokerTimedOut, LinkLost
from app.conversation.view import View
from app.realtime.session import Tool
from app.session.conductor import Conductor, Screen
from app.session.opening import World
from app.session.ports import LinkEars, SocketLine

# Fakes, because real links cannot be made to speak after their death on purpose. Links, tokens and devices are tried
# against real neighbours in tests/parts.


class FakeStream:
    device = Device("x", "X", Direction.MICROPHONE)

    def stats(self) -> StreamStats:
        return StreamStats(0, 0, 0.0, 48_000, 1, failed=False)

    def close(self) -> None:
        pass


class FakeDevices:
    def scan(self) -> Catalog:
        return Catalog((FakeStream.device,), (FakeStream.device,))

    def open_microphone(
        self, device: Device | None, on_block: Callable[[Pcm], None], on_end: Callable[[], None]
    ) -> FakeStream:
        return FakeStream()

    open_speaker = open_microphone

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        return lambda: None


class FakeLink:
    """Says whatever the story wants, also when it is long dead; closes when the story lets it."""

    def __init__(self, name: int, ears: LinkEars) -> None:
        self.name, self.ears = name, ears
        self.playout = Downlink()
        self.may_close = asyncio.Event()
        self.closed = False

    async def offer(self) -> str:
        return "offer"

    async def accept(self, answer_sdp: str) -> None:
        pass

    def send_text(self, text: str) -> None:
        pass

    def send_audio(self, block: Pcm, gap_samples: int) -> int:
        return 1

    async def close(self) -> None:
        await self.may_close.wait()
        self.closed = True

    def say(self) -> None:
        content = [{"type": "input_text", "text": "x"}]
        item = {"id": f"of-{self.name}", "type": "message", "role": "user", "content": content}
        self.ears.text_arrived(json.dumps({"type": "conversation.item.added", "item": item}))


class FakeWorld:
    """Everything an attempt asks for, decided by the story."""

    def __init__(self) -> None:
        self.links: list[FakeLink] = []
        self.grants: list[asyncio.Future[Grant]] = []
        self.wrong: list[str] = []

    def definitions(self) -> tuple[Tool, ...]:
        return ()

    async def call(self, name: str, arguments: str) -> tuple[str, str]:
        return "{}", ""

    async def mint(self, profile: Profile, credential: Secret | None) -> Grant:
        grant: asyncio.Future[Grant] = asyncio.get_running_loop().create_future()
        self.grants.append(grant)
        return await grant

    async def exchange(self, profile: Profile, secret: Secret | None, offer_sdp: str) -> Answer:
        return Answer("answer")

    async def hang_up(self, profile: Profile, credential: Secret, answer: Answer) -> None:
        raise AssertionError("no broker answers here")

    async def close(self) -> None:
        pass

    async def warm(self, profile: Profile) -> None:
        pass

    async def read(self, slot: str) -> Secret | None:
        return None

    async def write(self, slot: str, secret: Secret) -> None:
        return None

    async def forget(self, slot: str) -> None:
        pass

    async def start(self) -> tuple[str, Secret]:
        raise AssertionError("not asked for here")

    async def stop(self) -> None:
        pass

    def network(self) -> Network:
        return Network("here")

    async def order(self, transports: tuple[Transport, ...]) -> tuple[Transport, ...]:
        return (Transport.WEBRTC,)

    async def learned(self, *, blocked: bool) -> None:
        pass

    async def socket_entry(self, profile: Profile, credential: Secret | None) -> SocketEntry:
        raise AssertionError("not asked for here")

    def new_socket(self, ears: LinkEars, profile: Profile) -> SocketLine:
        raise AssertionError("not asked for here")

    def new_link(self, ears: LinkEars, profile: Profile) -> FakeLink:
        if any(not link.closed for link in self.links):
            self.wrong.append("two links at once")
        self.links.append(FakeLink(len(self.links), ears))
        return self.links[-1]


async def breathe() -> None:
    for _ in range(25):
        await asyncio.sleep(0)


class Story:
    """Plays steps on a conductor and notes what must not happen."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self.world = FakeWorld()
        world = World(self.world, self.world, self.world, self.world, self.world.new_link, self.world.new_socket)
        self.views: list[View] = []
        self.seen: set[str] = set()
        settings_ = replace(Settings(), profile=BROKER.name)
        self.conductor = Conductor(
            tasks, world, FakeDevices(), self.world, settings_, Screen(view=self.show, desk=lambda _view: None)
        )

    def show(self, view: View) -> None:
        self.views.append(view)
        new = {row.id for row in view.rows} - self.seen
        self.seen |= new
        current = f"of-{len(self.world.links) - 1}"
        if any(id != current for id in new):
            self.world.wrong.append("a dead attempt spoke")
        if new and self.conductor.state.link not in (Link.CONFIGURING, Link.LIVE):
            self.world.wrong.append("words while not connected")

    def grant(self) -> None:
        for grant in self.world.grants:
            if not grant.done():
                grant.set_result(Grant(Secret("ek_test")))

    def refuse(self) -> None:
        for grant in self.world.grants:
            if not grant.done():
                grant.set_exception(BrokerTimedOut())

    def on_newest(self, act: Callable[[FakeLink], None]) -> None:
        if self.world.links:
            act(self.world.links[-1])

    def on_old(self, act: Callable[[FakeLink], None]) -> None:
        for link in self.world.links[:-1]:
            act(link)

    def bring_up(self, link: FakeLink) -> None:
        link.ears.transport_up()
        link.ears.channel_opened()
        link.ears.text_arrived('{"type":"session.updated","session":{"type":"realtime"}}')

    def break_off(self, link: FakeLink) -> None:
        link.ears.link_broke(LinkLost())

    def let_close(self, link: FakeLink) -> None:
        link.may_close.set()

    async def play(self, step: str) -> None:
        match step:
            case "connect":
                self.conductor.handle(did.ConnectRequested())
            case "disconnect":
                self.conductor.handle(did.DisconnectRequested())
            case "grant":
                self.grant()
            case "refuse":
                self.refuse()
            case "up":
                self.on_newest(self.bring_up)
            case "say":
                self.on_newest(FakeLink.say)
            case "break":
                self.on_newest(self.break_off)
            case "let close":
                self.on_newest(self.let_close)
            case "old ones talk":
                for act in (self.bring_up, FakeLink.say, self.break_off):
                    self.on_old(act)
            case "breathe":
                await breathe()
            case "go live":
                for part in ("connect", "breathe", "grant", "breathe", "up", "breathe"):
                    await self.play(part)
            case "end":
                for part in ("disconnect", "let close", "breathe"):
                    await self.play(part)
            case _:
                raise AssertionError(step)

    async def finish(self) -> None:
        self.conductor.handle(did.DisconnectRequested())
        for _ in range(10):
            self.grant()
            for link in self.world.links:
                link.may_close.set()
            await breathe()


FINE = ["connect", "disconnect", "grant", "refuse", "up", "say", "break", "let close", "old ones talk", "breathe"]
BROAD = ["go live", "say", "old ones talk", "end", "breathe"]
PLANS = st.lists(st.sampled_from(FINE), max_size=25) | st.lists(st.sampled_from(BROAD), max_size=20)


@given(PLANS)
@example(["connect", "connect", "breathe"])
@example(["connect", "breathe", "disconnect", "connect", "breathe", "grant", "breathe"])
@example(["go live", "say", "end", "go live", "old ones talk", "breathe"])
@example(["go live", "disconnect", "connect", "breathe", "say", "break", "let close", "breathe"])
@settings(max_examples=150, deadline=None)
def test_no_word_from_a_dead_attempt(plan: list[str]) -> None:
    async def tell() -> Story:
        async with asyncio.TaskGroup() as tasks:
            story = Story(tasks)
            for step in plan:
                await story.play(step)
            await story.finish()
        return story

    story = asyncio.run(tell())
    assert story.world.wrong == []
    assert story.conductor.state.link is Link.DOWN
    assert all(link.closed for link in story.world.links)
