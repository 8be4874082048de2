"""The machine's own microphones and loudspeakers.

With a sound server (PulseAudio, PipeWire) names and choices are the server's and PortAudio is only the way in.
Without one (bare ALSA, macOS, Windows) they are PortAudio's own lists; that path is thin, and untried on macOS
and Windows.
"""

import itertools
import logging
import os
from collections.abc import Callable
from functools import partial
from typing import Final

from app.audio.catalog import Catalog, Device, Direction
from app.audio.pcm import Pcm
from app.conversation.troubles import DeviceAway, DeviceRefused, NoDevice, SoundLibraryMissing, SoundServerGone
from app.devices import pulse, watching
from app.devices.portaudio import PortAudio
from app.devices.streams import DeviceStream, NewWork, capture, playback

_log = logging.getLogger("parlance.devices")

_PORTAUDIO: Final = PortAudio()
_numbers: Final = itertools.count(1)


class SystemDevices:
    """Microphones and loudspeakers of this machine (port Devices). All calls block; any thread but the GUI's."""

    def __init__(self) -> None:
        self._server_installed = pulse.is_installed()
        self._server_seen = False
        self.as_telephone = False
        """Open from now on such that a sound server lowers other programs, if it is set up to. Set from any thread."""

    def scan(self) -> Catalog:
        """What is there now; raises SoundServerGone, SoundLibraryMissing."""
        return self._server_catalog() or _PORTAUDIO.catalog()

    def open_microphone(
        self, device: Device | None, on_block: Callable[[Pcm], None], on_end: Callable[[], None]
    ) -> DeviceStream:
        """Capture in blocks of 10 ms.

        ``on_block`` gets PortAudio's own memory on PortAudio's thread: copy, count, leave. ``on_end`` may come before
        this returns. Raises NoDevice, DeviceAway, DeviceRefused, SoundServerGone, SoundLibraryMissing.
        """
        return self._open(Direction.MICROPHONE, device, capture(on_block), on_end)

    def open_speaker(
        self, device: Device | None, fill: Callable[[Pcm], None], on_end: Callable[[], None]
    ) -> DeviceStream:
        """Playback in blocks of 10 ms: ``fill`` writes all of its argument. Otherwise as ``open_microphone``."""
        return self._open(Direction.SPEAKER, device, playback(fill), on_end)

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call ``changed`` from a thread of its own when a scan could differ; the result stops that within 1 s."""
        if self._server_catalog() is not None:
            return watching.run(partial(watching.watch_server, changed))
        return watching.run(partial(watching.watch_lists, self.scan, changed))

    def _server_catalog(self) -> Catalog | None:
        """None where there is no sound server; one that was there and is gone raises instead."""
        if not self._server_installed:
            return None
        try:
            catalog = pulse.scan()
        except SoundServerGone:
            if self._server_seen:
                raise
            return None
        self._server_seen = True
        return catalog

    def _open(
        self, direction: Direction, device: Device | None, new_work: NewWork, on_end: Callable[[], None]
    ) -> DeviceStream:
        present = self.scan().of(direction)
        if not present:
            raise NoDevice(direction.value)
        if device is not None and all(device.id != one.id for one in present):
            raise DeviceAway(device.name)
        name = device.name if device else f"The default {direction.value}"
        device_id = device.id if device else None
        if not self._server_seen:
            opened = _PORTAUDIO.open(direction, device_id, new_work, on_end, name)
            return DeviceStream(device, direction, opened, _PORTAUDIO.close, None)
        mark = f"{os.getpid()}-{next(_numbers)}"
        route = pulse.addressed(device_id, direction, mark, as_telephone=self.as_telephone)
        try:
            opened = _PORTAUDIO.open(direction, pulse.PORTAUDIO_NAME, new_work, on_end, name, route)
        except DeviceAway as error:
            raise SoundLibraryMissing("ALSA's plug-in for the sound server") from error
        except DeviceRefused:
            self._server_catalog()  # raises the better reason, if the server has gone meanwhile
            raise
        stream = DeviceStream(device, direction, opened, _PORTAUDIO.close, mark)
        self._check(stream)
        return stream

    def _check(self, stream: DeviceStream) -> None:
        """Never a silent switch: what was asked for is what is used."""
        actual_id = stream.actual_device_id()
        _log.info("- %s open on %s", stream.device.name if stream.device else "default device", actual_id)
        if stream.device and actual_id not in (stream.device.id, None):
            stream.close()
            raise DeviceRefused(stream.device.name, f"the sound server gave {actual_id} instead")
