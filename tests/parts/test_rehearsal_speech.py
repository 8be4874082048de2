"""Real synthetic speech through the ears, and from the mouth back into them."""

import shutil
from collections.abc import AsyncIterator

import av
import numpy as np
import pytest

from app.audio.pcm import RATE_HZ, Pcm
from app.servers.rehearsal.hearing import Speech, SpeechStarted, SpeechStopped, TurnDetector
from app.servers.rehearsal.recogniser import Recogniser
from app.servers.rehearsal.skills import GRAMMAR
from app.servers.rehearsal.voice import Voice, VoiceUnavailable

MS = 16
"""Samples of a millisecond where speech is listened to."""
LEAD_MS, TAIL_MS = 500, 1000


@pytest.fixture
async def voice() -> AsyncIterator[Voice]:
    one = Voice()
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
async def recogniser() -> AsyncIterator[Recogniser]:
    pytest.importorskip("pocketsphinx")
    one = Recogniser(GRAMMAR, deadline_s=60.0)
    await one.start()
    yield one
    await one.stop()


async def spoken(voice: Voice, text: str, name: str = "en-us", speed: float = 1.0) -> Pcm:
    return np.concatenate([chunk async for chunk in voice.synthesise(text, voice=name, speed=speed)])


async def overheard(voice: Voice, text: str, name: str = "en-us") -> Speech:
    """A sentence in a quiet room: half a second, the sentence, a second."""
    sound = await spoken(voice, text, name, speed=0.9)
    frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate, frame.pts = RATE_HZ, 0
    resampler = av.AudioResampler(format="s16", layout="mono", rate=16_000)
    parts = [each.to_ndarray()[0] for each in (*resampler.resample(frame), *resampler.resample(None))]
    quiet = [np.zeros(LEAD_MS * MS), 0.3 * np.concatenate(parts), np.zeros(TAIL_MS * MS)]
    room = np.random.default_rng(7).standard_normal(sum(map(len, quiet))) * 15
    return np.asarray(np.concatenate(quiet) + room, np.int16)


def turns(detector: TurnDetector, speech: Speech, step: int = 320) -> list[tuple[int, int]]:
    """Start and end of every turn, in milliseconds."""
    events = [each for at in range(0, len(speech), step) for each in detector.feed(speech[at : at + step])]
    starts = [each.audio_start_ms for each in events if isinstance(each, SpeechStarted)]
    ends = [each.audio_end_ms for each in events if isinstance(each, SpeechStopped)]
    return list(zip(starts, ends, strict=True))


async def test_a_turn_is_found_where_it_is(voice: Voice) -> None:
    speech = await overheard(voice, "what time is it")
    loud = np.flatnonzero(np.abs(speech) > 300)
    begin_ms, end_ms = loud[0] / MS, loud[-1] / MS
    ((start, stop),) = turns(TurnDetector(0.5, 300, 500), speech)
    assert start == pytest.approx(begin_ms - 300, abs=120)
    assert stop == pytest.approx(end_ms + 500, abs=200)
    ((unpadded, early),) = turns(TurnDetector(0.5, 0, 200), speech)
    assert unpadded == start + 300
    assert early == stop - 300


async def test_the_size_of_the_pieces_does_not_matter(voice: Voice) -> None:
    speech = await overheard(voice, "tell me a story")
    assert (
        turns(TurnDetector(), speech, 160) == turns(TurnDetector(), speech, 4801) == turns(TurnDetector(), speech, 77)
    )


async def test_turns_do_not_overlap_and_settings_can_change(voice: Voice) -> None:
    one = await overheard(voice, "what time is it")
    detector = TurnDetector(0.5, prefix_padding_ms=2000, silence_duration_ms=500)
    first, second = turns(detector, np.concatenate((one, one)))
    assert second[0] == first[1]
    assert second[1] - first[1] == pytest.approx(len(one) / MS, abs=150)
    detector.prefix_padding_ms = 0
    ((third, _),) = turns(detector, one)
    assert third == pytest.approx(2 * len(one) / MS + LEAD_MS, abs=150)


async def test_a_turn_under_way_can_be_forgotten(voice: Voice) -> None:
    speech = await overheard(voice, "tell me a story")
    detector = TurnDetector()
    assert [type(each) for each in detector.feed(speech[: 1200 * MS])] == [SpeechStarted]
    detector.reset()
    assert detector.feed(np.zeros(2000 * MS, np.int16)) == []


def test_noise_is_no_turn() -> None:
    noise = np.random.default_rng(1).standard_normal(5000 * MS) * 500
    clicks = np.zeros(5000 * MS)
    clicks[:: 700 * MS] = 20_000
    assert turns(TurnDetector(), np.asarray(noise + clicks, np.int16)) == []


KNOWN = (
    "what time is it",
    "what is the date",
    "what is seventeen plus five",
    "how many miles are ten kilometers",
    "roll a dice",
    "set a timer for two minutes",
    "tell me a story",
    "say that again",
    "help",
    "stop",
    "hello",
    "thank you",
    "goodbye",
    "what can you do",
    "tell me a joke",
    "flip a coin",
)
UNKNOWN = (
    "I would like to buy a new bicycle",
    "please open the window behind the sofa",
    "how do airplanes stay in the air",
    "do you know anything about music",
)


async def test_what_is_said_is_understood(voice: Voice, recogniser: Recogniser) -> None:
    """Through the whole chain. Some slips are the recogniser's own on these voices."""
    right = []
    for name in ("en-us", "en-gb", "en-us+m3"):
        for text in KNOWN:
            speech = await overheard(voice, text, name)
            ((start, stop),) = turns(TurnDetector(), speech)
            heard = await recogniser.recognise(speech[start * MS : stop * MS])
            assert heard.understood == bool(heard.text)
            right.append(heard.text == text)
    assert sum(right) >= 0.85 * len(right)


async def test_what_is_unknown_is_mostly_not_understood(voice: Voice, recogniser: Recogniser) -> None:
    heard = [await recogniser.recognise(await overheard(voice, text)) for text in UNKNOWN]
    assert sum(each.understood for each in heard) <= 1
    silence = await recogniser.recognise(np.zeros(16_000, np.int16))
    nothing = await recogniser.recognise(np.zeros(0, np.int16))
    assert not silence.understood
    assert not nothing.understood


def test_every_word_of_the_grammar_has_a_pronunciation() -> None:
    pocketsphinx = pytest.importorskip("pocketsphinx")
    with open(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict"), encoding="utf-8") as file:
        pronounced = {line.split(" ", 1)[0] for line in file}
    assert set(GRAMMAR.words) - pronounced == set()


async def test_voices_speeds_and_chunks(voice: Voice) -> None:
    text = "I will let you know when it is done."
    usual = await spoken(voice, text)
    assert len(usual) / RATE_HZ == pytest.approx(2.3, abs=0.8)
    assert np.abs(usual).max() > 3000
    assert len(await spoken(voice, text, speed=1.5)) < 0.8 * len(usual)
    assert len(await spoken(voice, text, speed=0.25)) > 1.5 * len(usual)
    names = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
    assert len({(await spoken(voice, text, name)).tobytes() for name in names}) == len(names)
    assert len(await spoken(voice, text, "no such voice")) == pytest.approx(len(usual), rel=0.02)
    chunks = [len(chunk) async for chunk in voice.synthesise(text)]
    assert all(size >= 480 for size in chunks[:-1])
    assert len(await spoken(voice, "\0 Nul.")) > 0
    assert not any([chunk.any() async for chunk in voice.synthesise("")])


async def test_a_sentence_can_be_broken_off(voice: Voice) -> None:
    sentence = voice.synthesise("This is rather a long sentence, of which only the beginning will be heard.")
    await anext(sentence)
    await sentence.aclose()
    assert len(await spoken(voice, "And this is another.")) > 0.7 * RATE_HZ


async def test_the_program_stands_in_for_the_library() -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("there is no espeak-ng program")
    voice = Voice(only_program=True)
    assert len(await spoken(voice, "Hello there.")) > 0.4 * RATE_HZ
    assert len(await spoken(voice, "Hello there.", "no such voice")) > 0.4 * RATE_HZ
    await voice.stop()


async def test_without_any_espeak_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    voice = Voice(only_program=True)
    with pytest.raises(VoiceUnavailable, match="Install espeak-ng"):
        await voice.start()
    await voice.stop()
