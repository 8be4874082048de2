"""The WebRTC link against a stock aiortc peer, over this machine's own addresses."""

import asyncio
import gc
import random
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from aiortc.rtp import is_rtcp

from app.audio.opus import OpusDecoder, OpusEncoder
from app.audio.packets import OpusPacket, RtpPacket
from app.audio.pcm import RATE_HZ, Pcm
from app.conversation.profiles import IceServer
from app.conversation.troubles import LinkLost, ServerAnswerUnusable, Trouble
from app.link.webrtc import WebRtcLink
from tests.support.realtime_peer import WAIT_S, RealtimePeer
from tests.support.session_loop import SessionThread

PACKET_SAMPLES = 960
SILENCE = OpusPacket(b"\xf8\xff\xfe", PACKET_SAMPLES)

Answering = Callable[[str], Awaitable[str]]


class Ears:
    """Writes down what it is told, and on which thread."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.threads: set[int] = set()
        self._news = asyncio.Event()

    def _tell(self, news: object) -> None:
        self.told.append(news)
        self.threads.add(threading.get_ident())
        self._news.set()

    def transport_up(self) -> None:
        self._tell("up")

    def channel_opened(self) -> None:
        self._tell("opened")

    def text_arrived(self, text: str) -> None:
        self._tell(("text", text))

    def link_broke(self, trouble: Trouble) -> None:
        self._tell(trouble)

    def packet_arrived(self, packet: RtpPacket) -> None:
        self._tell(packet)

    @property
    def packets(self) -> list[RtpPacket]:
        return [news for news in self.told if isinstance(news, RtpPacket)]

    @property
    def texts(self) -> list[str]:
        return [news[1] for news in self.told if isinstance(news, tuple)]

    async def until(self, fact: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not fact():
                self._news.clear()
                await self._news.wait()

    async def heard(self, news: object) -> None:
        await self.until(lambda: news in self.told)

    async def broken(self) -> None:
        await self.until(lambda: any(isinstance(news, Trouble) for news in self.told))


async def eventually(fact: Callable[[], bool]) -> None:
    """For what can only be asked."""
    async with asyncio.timeout(WAIT_S):
        while not fact():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def new_link(*ice_servers: IceServer) -> tuple[WebRtcLink, Ears]:
    ears = Ears()
    return WebRtcLink(ears, ears.packet_arrived, ice_servers), ears


@asynccontextmanager
async def called(peer: RealtimePeer) -> AsyncIterator[tuple[WebRtcLink, Ears]]:
    """A link that has applied the peer's answer."""
    link, ears = new_link()
    try:
        await link.accept(await peer.answer(await link.offer()))
        yield link, ears
    finally:
        await link.close()


@asynccontextmanager
async def talking(peer: RealtimePeer) -> AsyncIterator[tuple[WebRtcLink, Ears]]:
    """A link that is open at both ends."""
    async with called(peer) as (link, ears):
        await ears.heard("opened")
        await peer.opened()
        yield link, ears


def tone(seconds: float) -> Pcm:
    times = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return (8000 * np.sin(2 * np.pi * 440 * times)).astype(np.int16)


def encoded(sound: Pcm) -> list[OpusPacket]:
    encoder = OpusEncoder(packet_ms=20)
    blocks = sound[: len(sound) // PACKET_SAMPLES * PACKET_SAMPLES].reshape(-1, PACKET_SAMPLES)
    packets = [OpusPacket(encoder.encode(block), PACKET_SAMPLES) for block in blocks]
    encoder.close()
    return packets


def likeness(sound: Pcm, payloads: list[bytes]) -> float:
    """The highest correlation of the sound with what the payloads decode to, over the codec's delays."""
    decoder = OpusDecoder()
    heard = np.concatenate([decoder.decode(payload) for payload in payloads]).astype(float)
    decoder.close()
    middle = sound[RATE_HZ // 5 : len(sound) - RATE_HZ // 5].astype(float)
    shifted = (heard[start : start + len(middle)] for start in range(RATE_HZ // 5, RATE_HZ // 5 + 1000, 4))
    return float(max(np.corrcoef(middle, each)[0, 1] for each in shifted))


# --- connecting ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lite", [False, True], ids=["full ICE", "ICE-lite"])
@pytest.mark.parametrize("begins_dtls", [True, False], ids=["setup:active", "setup:passive"])
async def test_a_call_comes_up_and_carries_text_both_ways(lite: bool, begins_dtls: bool) -> None:
    async with RealtimePeer(lite=lite, begins_dtls=begins_dtls) as peer, talking(peer) as (link, ears):
        assert ears.told == ["up", "opened"]
        channel = await peer.opened()
        assert (channel.label, channel.ordered, channel.maxRetransmits) == ("oai-events", True, None)
        link.send_text("grüß dich")
        assert await peer.next_text() == "grüß dich"
        await peer.send_text("hello")
        await ears.heard(("text", "hello"))
        channel.send(b"bytes are text too")
        await ears.heard(("text", "bytes are text too"))
        assert ears.threads == {threading.get_ident()}


async def test_an_answer_like_a_hosted_servers_is_taken() -> None:
    """ICE-lite, one fingerprint for the session, TCP and dead addresses among the candidates, no end of them."""
    async with RealtimePeer(lite=True) as peer:
        link, ears = new_link()
        answer = await peer.answer(await link.offer())
        fingerprint = next(line for line in answer.split("\r\n") if line.startswith("a=fingerprint:sha-256"))
        lines = [line for line in answer.split("\r\n") if not line.startswith(("a=fingerprint", "a=end-of-cand"))]
        lines.insert(lines.index("a=ice-lite"), fingerprint)
        first = next(number for number, line in enumerate(lines) if line.startswith("a=candidate"))
        lines[first:first] = [
            "a=candidate:9 1 udp 2130706431 203.0.113.1 3478 typ host ufrag x",
            "a=candidate:8 1 tcp 2130706431 203.0.113.1 443 typ host tcptype passive",
        ]
        await link.accept("\r\n".join(lines))
        await ears.heard("opened")
        assert link.stats().remote_candidate == "host"
        await link.close()


@pytest.mark.parametrize("lite", [False, True], ids=["full ICE", "ICE-lite"])
async def test_the_channel_opens_in_three_round_trips_after_the_answer(lite: bool) -> None:
    round_trip_s = 0.5
    async with RealtimePeer(lite=lite) as peer:
        peer.network.delay_s = round_trip_s / 2
        loop = asyncio.get_running_loop()
        async with called(peer) as (link, ears):
            began_s = loop.time()
            await ears.heard("opened")
            took = (loop.time() - began_s) / round_trip_s
            assert 2.9 < took < 4.5, f"{took:.1f} round trips; aiortc as it is takes 4.9 and more"
            assert link.stats().rtt_ms == pytest.approx(1000 * round_trip_s, rel=0.5)


@pytest.mark.parametrize("seed", range(4))
async def test_a_call_comes_up_and_carries_all_on_a_bad_path(seed: int) -> None:
    chance = random.Random(seed)
    async with RealtimePeer() as peer:
        peer.network.loses = lambda datagram: chance.random() < 0.1
        peer.network.delay_s = 0.005
        async with talking(peer) as (link, ears):
            link.send_text("x" * 20_000)
            link.send_text("after it")
            await peer.send_text("y" * 20_000)
            assert len(await peer.next_text()) == 20_000
            assert await peer.next_text() == "after it"
            await ears.until(lambda: bool(ears.texts))
            assert [len(text) for text in ears.texts] == [20_000]


@pytest.mark.parametrize("answer", ["", "<html>Please sign in</html>", "v=0\r\ns=-\r\n"])
async def test_what_is_no_answer_is_refused_and_the_link_still_closes(answer: str) -> None:
    link, ears = new_link()
    await link.offer()
    with pytest.raises(ServerAnswerUnusable):
        await link.accept(answer)
    await link.close()
    assert ears.told == []


async def test_a_server_with_another_certificate_breaks_the_link() -> None:
    async with RealtimePeer() as peer:
        link, ears = new_link()
        answer = await peer.answer(await link.offer())
        await link.accept(answer.replace("a=fingerprint:sha-256 ", "a=fingerprint:sha-256 00:"))
        await ears.broken()
        await link.close()
        assert [type(news) for news in ears.told] == [LinkLost]


async def test_a_server_out_of_reach_breaks_the_link(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the answer leaves open whether more candidates come, as hosted servers' answers do."""
    monkeypatch.setattr("app.link.overrides.ice.STUN_RTO_S", 0.002)
    async with RealtimePeer() as peer:
        link, ears = new_link()
        answer = await peer.answer(await link.offer())
        peer.vanish()
        await link.accept(answer.replace("a=end-of-candidates\r\n", ""))
        await ears.broken()
        await link.close()
        assert [type(news) for news in ears.told] == [LinkLost]


async def test_a_lost_handshake_flight_is_repeated_as_it_was() -> None:
    async with RealtimePeer() as peer:
        flights: Counter[bytes] = Counter()

        def loses_each_of_our_flights_once(datagram: bytes) -> bool:
            if datagram[0] not in (20, 22) or datagram in peer.network.sent:
                return False
            flights[datagram] += 1
            return flights[datagram] == 1

        peer.network.loses = loses_each_of_our_flights_once
        async with talking(peer):
            # OpenSSL numbers its own repetitions anew, so the same bytes twice were sent by us.
            assert max(flights.values()) > 1


# --- sound --------------------------------------------------------------------------------------------------


async def test_sound_arrives_whole_both_ways() -> None:
    sound = tone(1.2)
    packets = encoded(sound)
    async with RealtimePeer() as peer, talking(peer) as (link, ears):
        await asyncio.to_thread(link.send_packet, packets[0])
        for number, packet in enumerate(packets[1:], start=2):
            link.send_packet(packet)
            peer.say(packet.payload, packet.samples)
            await peer.heard(number)
        await ears.until(lambda: len(ears.packets) == len(packets) - 1)
        assert likeness(sound, [packet.payload for packet in peer.packets]) > 0.95
        assert likeness(sound, [packet.payload for packet in ears.packets]) > 0.95
        first = ears.packets[0]
        assert {packet.ssrc for packet in ears.packets} == {first.ssrc}
        elapsed = [(packet.timestamp - first.timestamp) % 2**32 for packet in ears.packets]
        assert elapsed == [number * PACKET_SAMPLES for number in range(len(packets) - 1)]
        stats = link.stats()
        assert (stats.packets_sent, stats.packets_dropped) == (len(packets), 0)
        assert (stats.packets_received, stats.packets_lost) == (len(packets) - 1, 0)


def loses_each_third_to_fifth() -> Callable[[bytes], bool]:
    """Lose the third to fifth RTP packet of every stream, and no RTCP."""
    seen: Counter[bytes] = Counter()

    def loses(datagram: bytes) -> bool:
        if datagram[0] >> 6 != 2 or is_rtcp(datagram):
            return False
        stream = datagram[8:12]
        seen[stream] += 1
        return 3 <= seen[stream] <= 5

    return loses


async def test_each_side_learns_what_the_other_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.link.rtp.REPORT_INTERVAL_S", 0.02)
    async with RealtimePeer() as peer, talking(peer) as (link, ears):
        peer.network.loses = loses_each_third_to_fifth()
        for _ in range(6):
            link.send_packet(SILENCE)
            peer.say(SILENCE.payload, SILENCE.samples)
        await peer.heard(3)
        await ears.until(lambda: len(ears.packets) == 3)
        assert link.stats().packets_lost == 3
        await eventually(lambda: link.stats().packets_lost_by_peer == 3)
        told: set[int] = set()
        while told != {3}:
            report = await peer.connection.getStats()
            told = {each.packetsLost for each in report.values() if each.type == "remote-inbound-rtp"}
            await asyncio.sleep(0.01)


async def test_a_server_that_does_not_listen_is_not_spoken_to() -> None:
    async with RealtimePeer(takes_sound=False) as peer, talking(peer) as (link, ears):
        link.send_packet(SILENCE)
        peer.say(SILENCE.payload, SILENCE.samples)
        await ears.until(lambda: len(ears.packets) == 1)
        assert link.stats().packets_sent == 0


async def test_sound_before_the_transport_is_up_is_dropped() -> None:
    async with RealtimePeer() as peer:
        link, ears = new_link()
        link.send_packet(SILENCE)
        answer = await peer.answer(await link.offer())
        link.send_packet(SILENCE)
        await link.accept(answer)
        await ears.heard("opened")
        link.send_packet(OpusPacket(b"\xf8now", PACKET_SAMPLES))
        (packet,) = await peer.heard(1)
        assert packet.payload == b"\xf8now"
        await link.close()
        link.send_packet(SILENCE)


# --- messages -----------------------------------------------------------------------------------------------


async def test_long_messages_pass_both_ways_in_order() -> None:
    messages = [str(number) * 200_000 for number in range(3)]
    async with RealtimePeer() as peer, talking(peer) as (link, ears):
        for message in messages:
            link.send_text(message)
            await peer.send_text(message)
        assert [await peer.next_text() for _ in messages] == messages
        await ears.until(lambda: len(ears.texts) == len(messages))
        assert ears.texts == messages


async def test_a_message_beyond_the_servers_limit_is_the_callers_mistake() -> None:
    async with RealtimePeer() as peer, talking(peer) as (link, _):
        with pytest.raises(ValueError, match="262144"):
            link.send_text("x" * 300_000)
        link.send_text("fine")
        assert await peer.next_text() == "fine"


async def test_a_server_that_reads_late_gets_everything() -> None:
    async with RealtimePeer() as peer, talking(peer) as (link, _):
        for number in range(20):
            link.send_text(f"{number} " + "x" * 50_000)
        peer.network.delay_s = 0.05
        assert [int((await peer.next_text()).split()[0]) for _ in range(20)] == list(range(20))


# --- ends ---------------------------------------------------------------------------------------------------


async def test_a_server_that_hangs_up_breaks_the_link_once() -> None:
    async with RealtimePeer() as peer, talking(peer) as (link, ears):
        await peer.close()
        await ears.broken()
        link.send_text("to nobody")
        link.send_packet(SILENCE)
        await link.close()
        assert [type(news) for news in ears.told[2:]] == [LinkLost]


async def test_a_channel_that_closes_breaks_the_link() -> None:
    async with RealtimePeer() as peer, talking(peer) as (_, ears):
        (await peer.opened()).close()
        await ears.broken()
        assert [type(news) for news in ears.told[2:]] == [LinkLost]


async def test_a_server_that_dies_silently_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.link.overrides.ice.CONSENT_INTERVAL_S", 0.02)
    async with RealtimePeer() as peer, talking(peer) as (_, ears):
        peer.vanish()
        await ears.broken()
        assert [type(news) for news in ears.told[2:]] == [LinkLost]


async def test_a_bad_path_is_not_taken_for_a_dead_server(monkeypatch: pytest.MonkeyPatch) -> None:
    # The shape of 500 ms and 5 % each way, four times as fast.
    monkeypatch.setattr("app.link.overrides.ice.CONSENT_INTERVAL_S", 0.1)
    chance = random.Random(5)
    async with RealtimePeer() as peer, talking(peer) as (link, ears):
        peer.network.delay_s = 0.0625
        peer.network.loses = lambda datagram: chance.random() < 0.05
        for number in range(12):
            await peer.send_text(f"{number}")
            await ears.heard(("text", f"{number}"))
            link.send_text(f"{number}")
            assert await peer.next_text() == f"{number}"
        assert not any(isinstance(news, Trouble) for news in ears.told)


async def before_offer(link: WebRtcLink, peer: RealtimePeer, ears: Ears) -> None:
    pass


async def after_offer(link: WebRtcLink, peer: RealtimePeer, ears: Ears) -> None:
    await link.offer()


async def after_accept(link: WebRtcLink, peer: RealtimePeer, ears: Ears) -> None:
    await link.accept(await peer.answer(await link.offer()))


async def while_ice_checks(link: WebRtcLink, peer: RealtimePeer, ears: Ears) -> None:
    answer = await peer.answer(await link.offer())
    peer.vanish()
    await link.accept(answer)
    await eventually(lambda: bool(peer.network.sent))


async def while_dtls_shakes_hands(link: WebRtcLink, peer: RealtimePeer, ears: Ears) -> None:
    answer = await peer.answer(await link.offer())
    peer.network.loses = lambda datagram: 20 <= datagram[0] < 64
    await link.accept(answer)
    await eventually(lambda: any(20 <= datagram[0] < 64 for datagram in peer.network.sent))


async def once_up(link: WebRtcLink, peer: RealtimePeer, ears: Ears) -> None:
    await after_accept(link, peer, ears)
    await ears.heard("up")


async def once_opened(link: WebRtcLink, peer: RealtimePeer, ears: Ears) -> None:
    await after_accept(link, peer, ears)
    await ears.heard("opened")


async def while_talking(link: WebRtcLink, peer: RealtimePeer, ears: Ears) -> None:
    await once_opened(link, peer, ears)
    await peer.send_text("x" * 200_000)
    link.send_text("y" * 200_000)
    for _ in range(5):
        link.send_packet(SILENCE)
        peer.say(SILENCE.payload, SILENCE.samples)
    await peer.heard(1)


async def once_broken(link: WebRtcLink, peer: RealtimePeer, ears: Ears) -> None:
    await once_opened(link, peer, ears)
    await peer.close()
    await ears.broken()


Stage = Callable[[WebRtcLink, RealtimePeer, Ears], Coroutine[None, None, None]]
STAGES: list[Stage] = [
    before_offer,
    after_offer,
    after_accept,
    while_ice_checks,
    while_dtls_shakes_hands,
    once_up,
    once_opened,
    while_talking,
    once_broken,
]


@pytest.mark.parametrize("stage", STAGES)
async def test_nothing_is_told_after_close_at_any_stage(stage: Stage) -> None:
    async with RealtimePeer() as peer:
        link, ears = new_link()
        await stage(link, peer, ears)
        told = len(ears.told)
        async with asyncio.timeout(3):
            await link.close()
        await link.close()
        link.send_text("too late")
        link.send_packet(SILENCE)
        await asyncio.sleep(0.05)
        assert ears.told[told:] == []


async def test_close_while_gathering_ends_the_offer(monkeypatch: pytest.MonkeyPatch) -> None:
    link, ears = new_link(IceServer("stun:127.0.0.1:9"))
    before = asyncio.all_tasks()
    offering = asyncio.create_task(link.offer())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    async with asyncio.timeout(1.5):
        await link.close()
        with pytest.raises(LinkLost):
            await offering
    assert asyncio.all_tasks() == before
    with pytest.raises(LinkLost):
        await link.accept("v=0")
    assert ears.told == []


async def test_unusable_ice_servers_are_passed_over() -> None:
    link, _ = new_link(IceServer("gopher:nowhere"), IceServer("stun:"))
    assert "a=candidate" in await link.offer()
    await link.close()


def open_files() -> int:
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


async def one_call(answering: Answering, stage: str) -> list[object]:
    """A call up to a stage, on a loop with nothing else on it; returns the tasks it left and the loop's complaints."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
    link, ears = new_link()
    before = asyncio.all_tasks()
    await link.accept(await answering(await link.offer()))
    if stage != "accepted":
        await ears.heard(stage)
    link.send_text("hello")
    link.send_packet(SILENCE)
    await link.close()
    left = asyncio.all_tasks() - before
    del link
    gc.collect()
    return [*left, *complaints]


def bridged(peer: RealtimePeer, home: asyncio.AbstractEventLoop) -> Answering:
    """``peer.answer`` for a link on another loop than the peer's."""
    return lambda offer: asyncio.wrap_future(asyncio.run_coroutine_threadsafe(peer.answer(offer), home))


def threads_of_ours() -> set[str]:
    """All but the decoder threads of the stock peer, which aiortc may lose when a peer closes as it connects."""
    return {thread.name for thread in threading.enumerate()} - {"audio-decoder"}


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts open files through /proc")
async def test_twenty_calls_leave_nothing_behind() -> None:
    home = asyncio.get_running_loop()
    left: list[object] = []
    with ThreadPoolExecutor(1) as session:

        async def call(stage: str) -> None:
            async with RealtimePeer() as peer:
                work = partial(asyncio.run, one_call(bridged(peer, home), stage))
                left.extend(await home.run_in_executor(session, work))

        await call("opened")  # what stays once is there before counting
        files, threads = open_files(), threads_of_ours()
        for number in range(20):
            await call(["opened", "up", "accepted", "opened"][number % 4])
        assert left == []
        assert threads_of_ours() == threads
        await eventually(lambda: open_files() <= files)


@pytest.mark.usefixtures("qapp")
async def test_a_link_lives_on_a_qasync_loop_in_a_qt_thread() -> None:
    home = asyncio.get_running_loop()
    async with RealtimePeer() as peer:

        async def call() -> tuple[list[object], set[int]]:
            link, ears = new_link()
            await link.accept(await bridged(peer, home)(await link.offer()))
            await ears.heard("opened")
            link.send_text("from a Qt thread")
            link.send_packet(SILENCE)
            await ears.until(lambda: bool(ears.texts) and bool(ears.packets))
            await link.close()
            assert len(asyncio.all_tasks()) == 1
            return ears.told, ears.threads - {threading.get_ident()}

        thread = SessionThread[tuple[list[object], set[int]]](call)
        thread.start()
        assert await peer.next_text() == "from a Qt thread"
        await peer.heard(1)
        peer.say(SILENCE.payload, SILENCE.samples)
        await peer.send_text("to a Qt thread")
        assert await asyncio.to_thread(thread.wait, 10_000)
        [(told, foreign_threads)] = thread.outcome
        assert told[:2] == ["up", "opened"]
        assert ("text", "to a Qt thread") in told
        assert foreign_threads == set()
