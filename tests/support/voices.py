"""Sound that behaves like speech, and packets of it."""

import shutil
import subprocess
import tempfile
import wave
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from app.audio.level import level_dbfs
from app.audio.opus import OpusEncoder
from app.audio.packets import RtpPacket
from app.audio.pcm import RATE_HZ, Pcm, samples_of_ms

_TEXT = (
    "The quick brown fox jumps over the lazy dog, and then, because it is a fine evening, it walks home along the "
    "river. Seven boats are on the water. Would you like to hear how the story goes on? It is not a long one."
)


@cache
def speech() -> Pcm:
    """About twelve seconds of synthetic speech: espeak-ng where it is installed, else ``voiced``."""
    program = shutil.which("espeak-ng")
    if program is None:
        return voiced(12.0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        subprocess.run([program, "-v", "en", "-w", str(path), _TEXT], check=True, timeout=20)
        with wave.open(str(path)) as file:
            rate = file.getframerate()
            samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    times = np.arange(int(len(samples) * RATE_HZ / rate)) * (rate / RATE_HZ)
    return np.asarray(np.interp(times, np.arange(len(samples)), samples), np.int16)


def voiced(seconds: float, pitch_hz: float = 120.0) -> Pcm:
    """A buzzing voice that glides and swells in syllables, about 4 a second."""
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    phase = 2 * np.pi * np.cumsum(pitch_hz * (1 + 0.1 * np.sin(2 * np.pi * 0.7 * t))) / RATE_HZ
    buzz = np.sum([np.sin(n * phase) / n for n in range(1, 20)], axis=0)
    swell = np.clip(np.sin(2 * np.pi * 4 * t) + 0.3, 0, 1)
    return np.asarray(buzz * swell * 7000, np.int16)


def without_pauses(sent: list[tuple[float, RtpPacket]], sound: Pcm) -> list[tuple[float, RtpPacket]]:
    """What a sender with discontinuous transmission sends: no packets of silence, and no numbers spent on them."""
    size = len(sound) // len(sent)
    speaking = [
        (leaves_s, packet)
        for index, (leaves_s, packet) in enumerate(sent)
        if level_dbfs(sound[index * size : (index + 1) * size]) > -60
    ]
    return [(leaves_s, replace(packet, sequence=number % 2**16)) for number, (leaves_s, packet) in enumerate(speaking)]


def packets_of(
    sound: Pcm, *, packet_ms: int = 20, sequence: int = 0, timestamp: int = 0, ssrc: int = 1, fec: bool = True
) -> list[tuple[float, RtpPacket]]:
    """The sound as a sender paces it: each packet with the moment it leaves, when its last sample exists."""
    encoder = OpusEncoder(packet_ms=packet_ms, fec=fec)
    size = samples_of_ms(packet_ms)
    sent: list[tuple[float, RtpPacket]] = []
    for index in range(len(sound) // size):
        payload = encoder.encode(sound[index * size : (index + 1) * size])
        leaves_s = (index + 1) * size / RATE_HZ
        numbers = (sequence + index) % 2**16, (timestamp + index * size) % 2**32
        sent.append((leaves_s, RtpPacket(ssrc, *numbers, payload, leaves_s)))
    encoder.close()
    return sent
