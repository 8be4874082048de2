"""Spoken test sentences, and how much one recording is like another."""

import hashlib
import shutil
import subprocess
import tempfile
import wave
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
import pytest

from app.audio.pcm import RATE_HZ, Pcm, samples_of_ms

_CACHE: Final = Path(tempfile.gettempdir()) / "parlance-test-speech"


def say(text: str, path: Path, voice: str = "en-us") -> Path:
    """Write the spoken text to ``path`` as a 48 kHz mono WAV; spoken once per machine and voice."""
    if not shutil.which("espeak-ng"):
        pytest.fail("espeak-ng is missing: run python3 packaging/bootstrap.py test")
    key = hashlib.sha256(f"{voice}\n{text}".encode()).hexdigest()[:24]
    kept = _CACHE / f"{key}.wav"
    if not kept.exists():
        _CACHE.mkdir(exist_ok=True)
        spoken = path.with_suffix(".espeak.wav")
        subprocess.run(["espeak-ng", "-v", voice, "-w", str(spoken), text], check=True, timeout=30)
        new = path.with_suffix(".new.wav")
        write_wav(new, _at_48_khz(spoken))
        shutil.move(new, kept)
        spoken.unlink()
    shutil.copyfile(kept, path)
    return path


def write_wav(path: Path, samples: Pcm, rate_hz: int = RATE_HZ) -> None:
    """Write 16 bit mono."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(samples.tobytes())


def read_wav(path: Path) -> Pcm:
    """Read 16 bit mono at 48 kHz, and nothing else."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE_HZ)
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


def tone(frequency_hz: float, duration_s: float, amplitude: int = 10_000) -> Pcm:
    """A sine at 48 kHz."""
    at_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return (amplitude * np.sin(2 * np.pi * frequency_hz * at_s)).astype(np.int16)


def level_dbfs(samples: Pcm) -> float:
    """RMS; 0 is a full-scale square wave, -100 is silence."""
    rms = float(np.sqrt(np.mean(np.square(samples.astype(np.float64))))) if len(samples) else 0.0
    return max(-100.0, 20 * float(np.log10(max(rms, 1e-9) / 32768)))


def correlation(reference: Pcm, recording: Pcm) -> tuple[int, float]:
    """Where in the recording the reference fits best (in samples), and how well: 1 is the same, 0 is unrelated."""
    wanted, heard = reference.astype(np.float64), recording.astype(np.float64)
    size = 1 << (len(wanted) + len(heard)).bit_length()
    lag = int(np.argmax(np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size)), size)))
    lag = lag if lag < len(heard) else lag - size
    overlap = heard[max(lag, 0) : lag + len(wanted)]
    part = wanted[max(-lag, 0) :][: len(overlap)]
    energy = float(np.sqrt(np.square(part).sum() * np.square(overlap).sum()))
    return lag, float((part * overlap).sum()) / energy if energy else 0.0


def share_heard(reference: Pcm, recording: Pcm, piece_ms: int = 200) -> float:
    """Which share of the reference's audible pieces is somewhere in the recording: 0 to 1.

    Unlike one correlation it bears the gaps of a machine that is too busy for sound; ask for half of it.
    """
    size = samples_of_ms(piece_ms)
    pieces = [reference[at : at + size] for at in range(0, len(reference) - size + 1, size)]
    audible = [piece for piece in pieces if level_dbfs(piece) > -40]
    heard = [piece for piece in audible if correlation(piece, recording)[1] > 0.8]
    return len(heard) / len(audible)


def _at_48_khz(path: Path) -> Pcm:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
    parts = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            frame.time_base = Fraction(1, frame.sample_rate)
            parts += resampler.resample(frame)
        parts += resampler.resample(None)
    return np.concatenate([part.to_ndarray()[0] for part in parts])
