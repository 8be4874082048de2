"""The rows that need the network: connecting, delays, losses, stalls, costs."""

import math
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from tests.bench.clickwork import clicks_arriving, clicks_playable, delay_ms, longest_gap_ms, stream_since
from tests.bench.clients import ChromiumClient, Client, Connected, Parlance, Stage, Wish, stage
from tests.bench.desk import desk
from tests.bench.engine import SETTLE_S
from tests.bench.netsim import Conditions
from tests.bench.network import Network, command_in
from tests.bench.processes import Cost, Meter
from tests.bench.rows import BELOW_CHROMIUM, NO_GOAL, Goal, Row, Side, at_most, at_most_share
from tests.bench.sounds import sound_of
from tests.bench.tap import Passed, Tap, now_s, tap
from tests.support.pulse import DESK_MICROPHONE
from tests.support.speech import write_wav

LOOK_AHEAD_MS: Final = 6.5
"""What Opus adds by itself."""
RTTS_MS: Final = (0, 50, 100, 200)
ROUND_TRIPS: Final = Goal("4.0 (± 0.2)", lambda _theirs: 4.2)
"""One for HTTP, three for ICE, DTLS and what follows; the slope of few connects is no more exact than this."""
LOSSY_CONNECTS: Final = 12
"""A run: the slowest tenth needs many."""
FEC_NOTE: Final = "in-band FEC, 20 ms packets"
NO_COPY: Final = (
    "on paper, of 0.23 % at 2 % loss, 0.15 is between words, which libopus does not copy into the next packet; 0.05 "
    "is lost before the buffer has grown for copies; the rest is lost together with its copy"
)
BEGINS: Final = (
    "the conditions begin with what is counted: a buffer that waits 12 ms on a calm network loses a packet or two "
    "until it has grown"
)
COLD: Final = "in a loop without pauses the same blocks cost a third: every 10 ms Python's code is fetched anew"


@dataclass
class Field:
    """What these rows are measured on."""

    network: Network
    stage: Stage
    tap: Tap
    parlance: Parlance
    chromium: ChromiumClient | None
    runs: int

    @property
    def clients(self) -> dict[Side, Client]:
        """Who is measured."""
        chromium: dict[Side, Client] = {} if self.chromium is None else {Side.CHROMIUM: self.chromium}
        return {Side.PARLANCE: self.parlance, **chromium}

    def app_cost(self, seconds: float) -> Cost:
        """The real app calls the same server, with a voice in its microphone."""
        settings = (
            'welcomed = true\nprofile = "bench"\n[profiles.bench]\ntitle = "Bench"\ndoor = "broker-proxy"\n'
            f'broker_url = "{self.stage.url}{Wish().path}"\n'
        )
        with desk() as place:
            voice = place.folder / "voice.wav"
            write_wav(voice, sound_of("voice", seconds + 10))
            certificate = str(self.stage.certificate)
            wrap = partial(command_in, self.network.client)
            with (
                place.app(settings, wrap=wrap, SSL_CERT_FILE=certificate) as app,
                place.pulse.play(voice, DESK_MICROPHONE),
            ):
                app.logged_s("window open")
                app.ask(do="click", name="talkButton")
                app.logged_s("-> LIVE")
                time.sleep(SETTLE_S)
                meter = Meter(app.own)
                time.sleep(seconds)
                return meter.read()

    def incoming(self, since_s: float) -> list[Passed]:
        """The newest stream of the server at the client's card."""
        return stream_since(self.tap.packets(outgoing=False), since_s)

    def outgoing(self, since_s: float) -> list[Passed]:
        """The newest stream of the client at its own card."""
        return stream_since(self.tap.packets(outgoing=True), since_s)


@contextmanager
def field(network: Network, folder: Path, runs: int, *, against_chromium: bool) -> Iterator[Field]:
    """Server, tap and clients."""
    with ExitStack() as stack:
        server = stack.enter_context(stage(network))
        listener = stack.enter_context(tap(network))
        chromium = ChromiumClient(server, folder) if against_chromium else None
        yield Field(network, server, listener, Parlance(server), chromium, runs)


# --- connecting ---------------------------------------------------------------------------------------------


def _first_sound_ms(ground: Field, one: Connected) -> float:
    packets = ground.incoming(one.click_s)
    return 1000 * (packets[0].at_s - one.click_s) if packets else math.nan


def _slope(rtts_ms: list[float], times_ms: list[float]) -> float:
    """How many round trips are in the times."""
    pairs = [(rtt, time) for rtt, time in zip(rtts_ms, times_ms, strict=True) if math.isfinite(time)]
    if len(pairs) < 2:
        return math.nan
    return statistics.linear_regression([rtt for rtt, _ in pairs], [time for _, time in pairs]).slope


def connecting(ground: Field) -> list[Row]:
    """Round trips from click to sound and to channel, with both kinds of ICE; slopes over four round-trip times."""
    rows = []
    for lite, kind in ((False, "full ICE"), (True, "ICE-lite")):
        sound = Row(f"click → first server sound, {kind}", "round trips", ROUND_TRIPS, digits=2)
        opened = Row(f"click → channel usable, {kind}", "round trips", ROUND_TRIPS, digits=2)
        far = Row(f"click → first server sound at RTT 200, {kind}", "ms", BELOW_CHROMIUM, digits=0)
        for side, client in ground.clients.items():
            times = [_connect_times(ground, client, lite, rtt_ms) for rtt_ms in RTTS_MS]
            for run in range(ground.runs):
                rtts = [float(rtt) for rtt in RTTS_MS]
                sound.of(side).append(_slope(rtts, [each[run][0] for each in times]))
                opened.of(side).append(_slope(rtts, [each[run][1] for each in times]))
                far.of(side).append(times[-1][run][0])
        rows += [sound, opened, far]
    return rows


def _connect_times(ground: Field, client: Client, lite: bool, rtt_ms: float) -> list[tuple[float, float]]:
    """For each run: ms to the first sound, ms to the channel."""
    ground.network.set(Conditions(delay_ms=rtt_ms / 2))
    connects = client.connects(Wish(lite=lite), ground.runs)
    ground.network.set(Conditions())
    return [(_first_sound_ms(ground, one), 1000 * (one.open_s - one.click_s)) for one in connects]


def connecting_under_loss(ground: Field) -> list[Row]:
    """5 % of the packets are lost, RTT 50 ms."""
    half = Row("connect at 5 % loss, RTT 50: p50", "ms", BELOW_CHROMIUM, digits=0)
    most = Row("connect at 5 % loss, RTT 50: p90", "ms", BELOW_CHROMIUM, digits=0)
    for side, client in ground.clients.items():
        ground.network.set(Conditions(delay_ms=25, loss=0.05))
        connects = client.connects(Wish(), LOSSY_CONNECTS * ground.runs)
        ground.network.set(Conditions())
        times = sorted(1000 * (one.open_s - one.click_s) for one in connects if math.isfinite(one.open_s))
        failed = [math.nan] * (len(connects) - len(times))
        half.of(side).extend([*times, *failed])
        # The median of a row is its figure, so the row of the tail has the tail alone.
        most.of(side).append(times[min(len(times) - 1, int(0.9 * len(times)))] if times else math.nan)
    most.note = f"of {LOSSY_CONNECTS * ground.runs} connects"
    most.if_missed = "half of the tail is the server, whose own lost DTLS flight is repeated after 1 s, for both"
    return [half, most]


# --- delays -------------------------------------------------------------------------------------------------


def delays(ground: Field) -> list[Row]:
    """What either way adds on a perfect network."""
    down = Row(
        "receive path: packet → device pull",
        "ms",
        at_most(30) & at_most_share(0.6),
        note="perfect network, Opus' 6.5 ms included; Parlance by clicks, Chromium by its getStats (buffer + playout)",
    )
    page = Row("receive path: packet → a page's worklet, by clicks", "ms", note="a device of 10 ms blocks, no buffer")
    up = Row("send path, 20 ms packets: capture → packet", "ms", note="Opus' 6.5 ms included")
    quick = Row("send path, 10 ms packets: capture → packet", "ms", at_most(18), note=up.note)
    for _ in range(ground.runs):
        down.parlance.append(_receive_delay(ground, ground.parlance))
        if ground.chromium is not None:
            call = ground.chromium.call(Wish(seconds=10))
            down.chromium.append(call.buffer_ms + call.playout_ms + LOOK_AHEAD_MS)
            page.chromium.append(_receive_delay(ground, ground.chromium))
        for side, client in ground.clients.items():
            up.of(side).append(_send_delay(ground, client, 20))
            quick.of(side).append(_send_delay(ground, client, 10))
    return [down, *([page] if ground.chromium else []), up, quick]


def _receive_delay(ground: Field, client: Client) -> float:
    call = client.call(Wish(says="clicks", microphone="voice" if client is ground.chromium else "clicks", seconds=10))
    arriving = clicks_arriving(ground.incoming(call.connected.click_s), 20)
    return delay_ms([at_s for at_s in arriving if at_s > call.live_s], call.played)


def _send_delay(ground: Field, client: Client, packet_ms: int) -> float:
    wish = Wish(says="voice", microphone="clicks", seconds=8, packet_ms=packet_ms, server_packet_ms=packet_ms)
    call = client.call(wish)
    playable = clicks_playable(call.heard, ground.outgoing(call.connected.click_s))
    return delay_ms([at_s for at_s in call.captured if at_s > call.live_s], playable)


# --- bad networks -------------------------------------------------------------------------------------------

_BAD: Final[tuple[tuple[str, Conditions, Goal, str], ...]] = (
    ("perfect network", Conditions(), NO_GOAL, ""),
    ("2 % loss", Conditions(loss=0.02), at_most(0.1) & BELOW_CHROMIUM, NO_COPY),
    ("5 % loss", Conditions(loss=0.05), at_most(0.5) & BELOW_CHROMIUM, NO_COPY),
    ("5 % loss in bursts of 2", Conditions(loss=0.05, burst=2), NO_GOAL, ""),
    ("20 ms jitter (0–40) + 2 % loss, in order", Conditions(jitter_ms=40, loss=0.02), BELOW_CHROMIUM, BEGINS),
    ("40 ms jitter (0–40), reordering", Conditions(jitter_ms=40, in_order=False), BELOW_CHROMIUM, BEGINS),
)
"""Words, conditions, goal, and why it is missed if it is."""


def impairment(ground: Field) -> list[Row]:
    """Voice, both ways, 20 s a run: how much of what is played was made up, and how long it waited for that."""
    rows = []
    for words, conditions, goal, reason in _BAD:
        unreal = Row(f"audio not real: {words}", "%", goal, digits=2, note=FEC_NOTE, if_missed=reason)
        waiting = Row(f"in the jitter buffer: {words}", "ms")
        for _ in range(ground.runs):
            for side, client in ground.clients.items():
                call = client.call(Wish(seconds=20, meanwhile=partial(ground.network.set, conditions)))
                ground.network.set(Conditions())
                unreal.of(side).append(100 * call.not_real)
                waiting.of(side).append(call.buffer_ms)
        rows += [unreal, waiting]
    return rows


def death(ground: Field) -> list[Row]:
    """The path swallows everything: how long until the client says so."""
    row = Row("path dead → noticed", "ms", BELOW_CHROMIUM, digits=0)
    for _ in range(ground.runs):
        for side, client in ground.clients.items():
            began: list[float] = []

            def dig(began: list[float] = began) -> None:
                ground.network.set(Conditions(hole=True))
                began.append(now_s())

            call = client.call(Wish(seconds=12, until_lost=True, meanwhile=dig))
            ground.network.set(Conditions())
            row.of(side).append(1000 * (call.lost_s - began[0]))
    return [row]


# --- stalls and costs ---------------------------------------------------------------------------------------


def stalls(ground: Field) -> list[Row]:
    """The GUI thread computes 250 ms in each second."""
    gap = Row(
        "GUI blocked 250 ms each second: longest gap in sent RTP",
        "ms",
        at_most(40),
        if_missed="the row without blocking says what of it the machine does by itself",
    )
    unreal = Row("GUI blocked 250 ms each second: audio not real", "%", at_most(0.1), digits=2)
    calm = Row("GUI not blocked: longest gap in sent RTP", "ms", note="what this machine does by itself")
    for _ in range(ground.runs):
        for block_ms in (250, 0):
            seconds = 12.0
            call = ground.parlance.call(Wish(seconds=seconds, block_ms=block_ms))
            packets = ground.outgoing(call.connected.click_s)
            longest = longest_gap_ms(packets, call.live_s, call.live_s + seconds - 0.5)
            (gap if block_ms else calm).parlance.append(longest)
            if block_ms:
                unreal.parlance.append(100 * call.not_real)
    return [gap, unreal, calm]


def costs(ground: Field, seconds: float) -> list[Row]:
    """A call with voice both ways, echo cancelling on: engine, whole app with its window, browser."""
    cpu = Row(f"CPU of a {seconds:g} s call, engine", "% of a core", at_most_share(0.7), if_missed=COLD)
    memory = Row("PSS in a call, engine", "MB", digits=0)
    app_cpu = Row(
        f"CPU of a {seconds:g} s call, whole app with window", "% of a core", note="real devices, virtual screen"
    )
    app_memory = Row(
        "PSS in a call, whole app with window",
        "MB",
        at_most_share(0.35),
        digits=0,
        if_missed="two thirds are objects of Python and Qt, made by loading their modules",
    )
    for _ in range(ground.runs):
        app_cost = ground.app_cost(seconds)
        app_cpu.parlance.append(app_cost.cpu_percent)
        app_memory.parlance.append(app_cost.pss_mb)
        for side, client in ground.clients.items():
            call = client.call(Wish(seconds=seconds))
            if call.cost is not None:
                cpu.of(side).append(call.cost.cpu_percent)
                memory.of(side).append(call.cost.pss_mb)
            if not call.echo_cancelled:
                cpu.note = "the session does not cancel echo yet; Chromium does"
    app_cpu.chromium, app_memory.chromium = cpu.chromium, memory.chromium
    return [cpu, app_cpu, memory, app_memory]
