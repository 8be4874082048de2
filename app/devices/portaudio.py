"""PortAudio: its lists, and opening. The only module that imports sounddevice, and not before it is needed.

Known fault: up to 19.7, PortAudio on ALSA can spin for ever, complaining on stderr, when a device fails before its
first callback (PortAudio issue 1037, mended in 2025). Nothing from outside stops such a thread, and closing the stream
waits for it. After the first callback a failing device ends its stream as it should.

Tried on Linux (ALSA). The preference for Core Audio on macOS and for WASAPI with its own rate conversion on Windows
is written from their documentation and untried.
"""

import ctypes
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from app.audio.catalog import Catalog, Device, Direction
from app.audio.pcm import RATE_HZ
from app.conversation.troubles import DeviceAway, DeviceRefused, SoundLibraryMissing
from app.devices.kinds import kind_of
from app.devices.naming import Found, told_apart
from app.devices.streams import Border, Format, NewWork, Opened

_HOST_API: Final = {"darwin": "Core Audio", "win32": "Windows WASAPI"}.get(sys.platform, "ALSA")
_SIDE: Final = {Direction.MICROPHONE: "input", Direction.SPEAKER: "output"}
_FORM_REFUSED: Final = (-9998, -9997, -9994)
"""paInvalidChannelCount, paInvalidSampleRate, paSampleFormatNotSupported (portaudio.h)."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of PortAudio's list."""

    device: Device
    index: int
    """Valid until PortAudio is initialised again."""
    rate_hz: int
    channels: int
    """At most."""

    def forms(self) -> list[Format]:
        """How to try it: as we like it, then as it likes it."""
        channels = dict.fromkeys((1, min(2, self.channels), self.channels))
        return [Format(rate_hz, count) for rate_hz in dict.fromkeys((RATE_HZ, self.rate_hz)) for count in channels]


class PortAudio:
    """The process' PortAudio, of which there can be only one. Any thread; calls wait for one another."""

    def __init__(self) -> None:
        # Opening, starting, closing and initialising are not thread-safe in PortAudio.
        self._lock = threading.Lock()
        # Kept until closed: a stream that Python forgets takes its callback along, and PortAudio calls it still.
        self._streams: set[Any] = set()

    def catalog(self) -> Catalog:
        """The devices of the preferred host API; raises SoundLibraryMissing.

        PortAudio looks at its devices when it is initialised and never again, and initialising it ends all streams:
        while one is open the list stays as it is.
        """
        with self._lock:
            sound = _library()
            self._look_again(sound)
            microphones, speakers = (_listed(sound, direction) for direction in Direction)
            return Catalog(tuple(one.device for one in microphones), tuple(one.device for one in speakers))

    def open(
        self,
        direction: Direction,
        device_id: str | None,
        new_work: NewWork,
        on_end: Callable[[], None],
        name: str,
        while_opening: AbstractContextManager[None] | None = None,
    ) -> Opened:
        """Open and start, which takes some 150 ms; raises DeviceAway, DeviceRefused, SoundLibraryMissing."""
        with self._lock, while_opening or nullcontext():
            sound = _library()
            one = self._find(sound, direction, device_id)
            if one is None:
                raise DeviceAway(name)
            opened = _open(sound, direction, one, new_work, on_end, name)
            self._streams.add(opened.raw)
            return opened

    def close(self, raw: Any) -> None:
        """Close a stream; again is harmless."""
        with self._lock:
            if raw in self._streams:
                raw.close()
                self._streams.remove(raw)

    def _find(self, sound: Any, direction: Direction, device_id: str | None) -> Listed | None:
        for _ in range(2):
            for one in _listed(sound, direction):
                if one.device.id == device_id or (device_id is None and one.device.is_default):
                    return one
            self._look_again(sound)
        return None

    def _look_again(self, sound: Any) -> None:
        if not self._streams:
            sound._terminate()
            sound._initialize()


def _library() -> Any:
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise SoundLibraryMissing("PortAudio") from error
    _hush_alsa()
    return sounddevice


_Complaint = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p)
"""``snd_lib_error_handler_t``; what follows the format string is left alone."""
_SILENCE: Final = _Complaint(lambda *_words: None)


@cache
def _hush_alsa() -> None:
    """libasound complains on standard error, of underruns for instance: streams count those, failures are raised."""
    if sys.platform != "linux":
        return
    try:
        library = ctypes.CDLL("libasound.so.2")
    except OSError:
        return
    library.snd_lib_error_set_handler(_SILENCE)


def _listed(sound: Any, direction: Direction) -> list[Listed]:
    """The preferred host API's devices of one direction, told apart by name and id."""
    side = _SIDE[direction]
    host_api = next((api for api in sound.query_hostapis() if api["name"] == _HOST_API), None)
    if host_api is None:
        return []
    infos = [sound.query_devices(index) for index in host_api["devices"]]
    infos = [info for info in infos if info[f"max_{side}_channels"] > 0]
    seen: dict[str, int] = {}
    found = []
    for info in infos:
        name = info["name"]
        seen[name] = seen.get(name, 0) + 1
        device_id = name if seen[name] == 1 else f"{name}#{seen[name]}"
        is_default = info["index"] == host_api[f"default_{side}_device"]
        found.append(Found(Device(device_id, name, direction, is_default, kind_of(name))))
    return [
        Listed(device, info["index"], int(info["default_samplerate"]), info[f"max_{side}_channels"])
        for device, info in zip(told_apart(found), infos, strict=True)
    ]


def _open(
    sound: Any, direction: Direction, one: Listed, new_work: NewWork, on_end: Callable[[], None], name: str
) -> Opened:
    new_raw = sound.RawInputStream if direction is Direction.MICROPHONE else sound.RawOutputStream
    settings = sound.WasapiSettings(auto_convert=True) if sys.platform == "win32" else None
    why = ""
    for form in one.forms():
        border = Border(name, new_work(form), sound.CallbackAbort, on_end)
        try:
            raw = new_raw(
                device=one.index,
                samplerate=form.rate_hz,
                channels=form.channels,
                dtype="int16",
                blocksize=form.block_samples,
                latency="low",
                extra_settings=settings,
                callback=border.callback,
                finished_callback=border.finished,
            )
        except sound.PortAudioError as error:
            why = str(error.args[0])
            if error.args[1:2] and error.args[1] in _FORM_REFUSED:
                continue
            raise DeviceRefused(name, why) from error
        try:
            raw.start()
        except sound.PortAudioError as error:
            border.leave()
            raw.close()
            raise DeviceRefused(name, str(error.args[0])) from error
        return Opened(raw, form, border)
    raise DeviceRefused(name, why)
