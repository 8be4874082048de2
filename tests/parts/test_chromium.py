"""The link against a WebRTC stack that is not aiortc: a page in headless Chromium answers its calls."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from app.audio.downlink import Downlink
from app.audio.packets import RtpPacket
from app.audio.pcm import BLOCK_MS, BLOCK_SAMPLES, RATE_HZ, Pcm, silence
from app.conversation.troubles import Trouble
from app.link.voice import VoiceCall
from tests.bench.chromium import PAGE, Chromium, chromium, is_installed
from tests.support.speech import level_dbfs, tone

pytestmark = pytest.mark.skipif(
    not is_installed(),
    reason="Chromium is not installed; python3 packaging/bootstrap.py test installs it where it knows the package",
)

WAIT_S = 20.0
OURS_HZ = 1000
THEIRS_HZ = 440
STEREO_BIT = 4
"""Of the first byte of an Opus packet (RFC 6716 section 3.1)."""


class Ears:
    """What the link tells."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.texts: asyncio.Queue[str] = asyncio.Queue()
        self.trouble: list[Trouble] = []

    def transport_up(self) -> None:
        pass

    def channel_opened(self) -> None:
        self.opened.set()

    def text_arrived(self, text: str) -> None:
        self.texts.put_nowait(text)

    def link_broke(self, trouble: Trouble) -> None:
        self.trouble.append(trouble)


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """One browser for all tests of this module; each call has a page of its own."""
    with chromium() as running:
        yield running


@asynccontextmanager
async def called(browser: Chromium, **options: object) -> AsyncIterator[tuple[VoiceCall, Ears]]:
    """A call that the page has taken."""
    await asyncio.to_thread(browser.open, PAGE.as_uri())
    ears = Ears()
    call = VoiceCall(ears)
    try:
        question = f"answer({json.dumps(await call.offer())}, {json.dumps(options)})"
        await call.accept(await asyncio.to_thread(browser.run, question))
        async with asyncio.timeout(WAIT_S):
            await ears.opened.wait()
        yield call, ears
    finally:
        await call.close()


def _hertz(sound: Pcm) -> float:
    """The loudest frequency."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(np.argmax(spectrum)) * RATE_HZ / len(sound)


async def _talk(call: VoiceCall, seconds: float) -> Pcm:
    """Send our tone in real time, and play what comes meanwhile."""
    ours = tone(OURS_HZ, 1.0)
    played: list[Pcm] = []
    due_s = time.monotonic()
    for number in range(round(seconds * 1000 / BLOCK_MS)):
        at = number * BLOCK_SAMPLES % len(ours)
        call.send_audio(ours[at : at + BLOCK_SAMPLES], 0)
        block = silence()
        call.playout.pull(block, time.monotonic())
        played.append(block)
        due_s += BLOCK_MS / 1000
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))
    return np.concatenate(played)


async def _hears(call: VoiceCall) -> None:
    """Until a second of what is played is the page's tone."""
    async with asyncio.timeout(WAIT_S):
        while True:
            sound = await _talk(call, 1.0)
            if level_dbfs(sound) > -30 and abs(_hertz(sound) - THEIRS_HZ) < 20:
                return


async def test_sound_and_text_pass_both_ways(browser: Chromium) -> None:
    async with called(browser) as (call, ears):
        await _hears(call)
        heard = await asyncio.to_thread(browser.run, "loudest()")
        assert abs(heard["frequencyHz"] - OURS_HZ) < 20
        call.send_text("grüß dich")
        async with asyncio.timeout(WAIT_S):
            assert await ears.texts.get() == "heard grüß dich"
        call.send_text("x" * 200_000)
        async with asyncio.timeout(WAIT_S):
            assert len(await ears.texts.get()) == 200_000 + len("heard ")
        assert not ears.trouble


@pytest.mark.parametrize("packet_ms", [10, 40, 60])
async def test_packets_of_any_length_are_played(browser: Chromium, packet_ms: int) -> None:
    async with called(browser, packetMs=packet_ms) as (call, _):
        await _hears(call)
        before_packets, before = call.stats().packets_received, call.playout.stats()
        await _talk(call, 1.2)
        after = call.playout.stats()
        packets = call.stats().packets_received - before_packets
        played = after.real_samples - before.real_samples + after.concealed_samples - before.concealed_samples
        assert played > 0
        # As many packets as that length makes of the time, whatever the machine's pace: two in three at least.
        assert 1 / 1.5 < packets * packet_ms / 1200 < 1.5


async def test_stereo_is_played(browser: Chromium, monkeypatch: pytest.MonkeyPatch) -> None:
    came: list[bytes] = []
    insert = Downlink.insert

    def note(downlink: Downlink, packet: RtpPacket) -> None:
        came.append(packet.payload)
        insert(downlink, packet)

    monkeypatch.setattr(Downlink, "insert", note)
    async with called(browser, stereo=True) as (call, _):
        await _hears(call)
        assert came[-1][0] & STEREO_BIT


async def test_pauses_that_are_not_sent_are_silence_and_no_loss(browser: Chromium) -> None:
    async with called(browser, dtx=True) as (call, ears):
        await _hears(call)
        await asyncio.to_thread(browser.run, "gain.gain.value = 0")
        async with asyncio.timeout(WAIT_S):
            while level_dbfs(await _talk(call, 1.0)) > -70:
                pass
        before, before_packets = call.playout.stats(), call.stats().packets_received
        pause = await _talk(call, 2.0)
        assert call.stats().packets_received - before_packets < 50, "the pause is sent"
        assert level_dbfs(pause) < -60
        assert call.playout.stats().lost_packets == before.lost_packets
        await asyncio.to_thread(browser.run, "gain.gain.value = 0.5")
        await _hears(call)
        assert not ears.trouble
