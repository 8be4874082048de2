"""The voice's process: espeak-ng, which is GPL and therefore loaded here and nowhere else.

The library of the espeakng-loader wheel if it is installed and works, else the system's espeak-ng program.
"""

import base64
import ctypes
import io
import shutil
import subprocess
import sys
import wave
from typing import Any, Final, Protocol

from app.servers.rehearsal.children.serving import serve

_SYNCHRONOUS: Final = 2  # AUDIO_OUTPUT_SYNCHRONOUS in speak_lib.h
_BUFFER_MS: Final = 200
_DO_NOT_EXIT: Final = 0x8000  # espeakINITIALIZE_DONT_EXIT
_UTF8: Final = 1  # espeakCHARS_UTF8
_BY_CHARACTER: Final = 1  # POS_CHARACTER
_RATE: Final = 1  # espeakRATE, words per minute
_FALLBACK_VOICE: Final = "en-us"
_PROGRAM_S: Final = 10.0

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class _Speaker(Protocol):
    def speak(self, text: str, voice: str, words_per_minute: int) -> tuple[int, bytes]:
        """Rate in Hz and PCM16 mono."""


class _Library:
    """speak_lib.h through ctypes; raises OSError when it cannot be used."""

    def __init__(self) -> None:
        try:
            import espeakng_loader
        except ImportError as why:
            raise OSError("espeakng-loader is not installed") from why
        self._lib = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        self._rate_hz = self._lib.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MS, data, _DO_NOT_EXIT)
        if self._rate_hz <= 0:
            raise OSError("espeak_Initialize failed")
        self._heard = bytearray()
        self._callback = _Callback(self._take)  # kept: the library calls it for as long as we live
        self._lib.espeak_SetSynthCallback(self._callback)

    def _take(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count:
            self._heard += ctypes.string_at(samples, 2 * count)
        return 0

    def speak(self, text: str, voice: str, words_per_minute: int) -> tuple[int, bytes]:
        if self._lib.espeak_SetVoiceByName(voice.encode()) != 0:
            self._lib.espeak_SetVoiceByName(_FALLBACK_VOICE.encode())
        self._lib.espeak_SetParameter(_RATE, words_per_minute, 0)
        self._heard.clear()
        data = text.encode() + b"\0"
        size = ctypes.c_size_t(len(data))
        self._lib.espeak_Synth(data, size, 0, _BY_CHARACTER, 0, _UTF8, None, None)
        return self._rate_hz, bytes(self._heard)


class _Program:
    """The espeak-ng executable, once per sentence; raises OSError when there is none."""

    def __init__(self) -> None:
        found = shutil.which("espeak-ng")
        if found is None:
            raise OSError("there is no espeak-ng program")
        self._path = found

    def speak(self, text: str, voice: str, words_per_minute: int) -> tuple[int, bytes]:
        for name in (voice, _FALLBACK_VOICE):
            command = [self._path, "--stdout", "--stdin", "-b", "1", "-v", name, "-s", str(words_per_minute)]
            done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=_PROGRAM_S, check=False)
            if done.returncode == 0 and done.stdout:
                with wave.open(io.BytesIO(done.stdout)) as sound:
                    return sound.getframerate(), sound.readframes(sound.getnframes())
        raise OSError("espeak-ng failed")


class _Espeak:
    def __init__(self) -> None:
        self._speaker: _Speaker | None = None

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        if "text" not in question:
            return self._open(only_program=question["only_program"])
        assert self._speaker is not None
        rate_hz, pcm = self._speaker.speak(question["text"], question["voice"], question["words_per_minute"])
        return {"rate_hz": rate_hz, "pcm": base64.b64encode(pcm).decode("ascii")}

    def _open(self, *, only_program: bool) -> dict[str, Any]:
        reasons = []
        for speaker in (_Program,) if only_program else (_Library, _Program):
            try:
                self._speaker = speaker()
            except OSError as why:
                reasons.append(str(why))
            else:
                return {"speaker": speaker.__name__, "passed_over": reasons}
        return {"missing": "; ".join(reasons)}


if __name__ == "__main__":
    assert sys.byteorder == "little"
    serve(_Espeak().answer)
