"""The sound server, PulseAudio or PipeWire's stand-in for it: device names, events, and who plays where.

PortAudio knows the server only as one device called "pulse". Names come from the server itself instead, and a stream
is sent to one device by what libpulse reads from the environment when a client connects: PULSE_SINK, PULSE_SOURCE and
PULSE_PROP_OVERRIDE (pulse-client.conf(5); the property mark lets the stream be found again among the server's).
libasound, which is between the two, is kept to this one device.
"""

import os
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from app.audio.catalog import Catalog, Device, Direction
from app.conversation.troubles import SoundServerGone
from app.devices.kinds import kind_of
from app.devices.naming import Found, told_apart

PORTAUDIO_NAME: Final = "pulse"
"""The ALSA plug-in through which PortAudio reaches the server."""

_ALSA_CONFIGURATION: Final = Path(__file__).resolve().parents[2] / "resources" / "alsa-sound-server.conf"
"""What libasound loads for it is 14 MB less, and opening the first device takes half the time."""

_PATIENCE_S: Final = 2.0
_MARK: Final = "parlance.stream"
_NO_REAL_SPEAKER: Final = "auto_null"
"""What the server invents so that programs have something to play to."""
_VARIABLE: Final = {Direction.MICROPHONE: "PULSE_SOURCE", Direction.SPEAKER: "PULSE_SINK"}


def is_installed() -> bool:
    """Whether libpulse is on this machine; says nothing about a server."""
    if sys.platform != "linux":
        return False
    try:
        import pulsectl  # noqa: F401
    except (ImportError, OSError):
        return False
    return True


class Connection:
    """A connection for one thread, as a context manager; every wait in it ends within ``patience_s``.

    Raises SoundServerGone on entry or on the way out, for whatever went wrong with the server.
    """

    def __init__(self, patience_s: float = _PATIENCE_S) -> None:
        import pulsectl

        self._patience_s = patience_s
        self._give_up_at_s = 0.0
        # CallError is not exported and no PulseError; OSError is a broken socket.
        library_error = pulsectl._pulsectl.LibPulse.CallError
        self._failures = (pulsectl.PulseError, pulsectl.PulseDisconnected, library_error, OSError)
        self.pulse: Any = pulsectl.Pulse("Parlance", connect=False)

    def __enter__(self) -> "Connection":
        self.renew()
        self.pulse.set_poll_func(self._poll, lambda *_: None)
        try:
            # Not connect(timeout=…): pulsectl 24.12 then waits out the time even when the server answers.
            self.pulse.connect()
        except self._failures as error:
            self.pulse.close()
            raise SoundServerGone from error
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self.pulse.close()
        if isinstance(error, self._failures):
            raise SoundServerGone from error

    def renew(self) -> None:
        """Start the patience anew, for a connection that lives long."""
        self._give_up_at_s = time.monotonic() + self._patience_s

    def _poll(self, waits: list[Any], timeout_s: float) -> int:
        """libpulse's poll(2), cut short at the deadline, which libpulse itself does not have."""
        left_s = self._give_up_at_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        poller = select.poll()
        by_fd = {}
        for wait in waits:
            wait.revents = 0
            by_fd[wait.fd] = wait
            poller.register(wait.fd, wait.events)
        ready = poller.poll(1000 * (left_s if timeout_s < 0 else min(left_s, timeout_s)))
        for fd, events in ready:
            by_fd[fd].revents = events
        return len(ready)


def scan() -> Catalog:
    """All real devices by their descriptions; monitors and the server's dummy are none. Raises SoundServerGone."""
    with Connection() as connection:
        return listed(connection)


def listed(connection: Connection) -> Catalog:
    """The same over a connection that is there."""
    pulse = connection.pulse
    info = pulse.server_info()
    sources = [source for source in pulse.source_list() if not source.monitor_of_sink_name]
    sinks = [sink for sink in pulse.sink_list() if sink.name != _NO_REAL_SPEAKER]
    return Catalog(
        told_apart([_found(one, Direction.MICROPHONE, info.default_source_name) for one in sources]),
        told_apart([_found(one, Direction.SPEAKER, info.default_sink_name) for one in sinks]),
    )


def _found(one: Any, direction: Direction, default_name: str) -> Found:
    place = one.port_active.description if one.port_active else one.proplist.get("device.bus_path", "")
    name = one.description or one.name
    kind = kind_of(name, one.proplist)
    return Found(Device(one.name, name, direction, one.name == default_name, kind, muted=bool(one.mute)), place)


def device_of(mark: str, direction: Direction) -> str | None:
    """The id of the device a marked stream is on now; None if it is on none. Raises SoundServerGone."""
    with Connection() as connection:
        pulse = connection.pulse
        if direction is Direction.MICROPHONE:
            names = {source.index: source.name for source in pulse.source_list()}
            places = [names.get(one.source) for one in pulse.source_output_list() if one.proplist.get(_MARK) == mark]
        else:
            names = {sink.index: sink.name for sink in pulse.sink_list()}
            places = [names.get(one.sink) for one in pulse.sink_input_list() if one.proplist.get(_MARK) == mark]
        return places[0] if places else None


@contextmanager
def addressed(device_id: str | None, direction: Direction, mark: str, *, as_telephone: bool = False) -> Iterator[None]:
    """Streams opened inside go to that device (None: wherever the server sends them), bear the mark and our name.

    As a telephone they have the role for which module-role-ducking lowers, and module-role-cork pauses, others.
    The environment is the process's: one caller at a time.
    """
    role = "media.role=phone " if as_telephone else ""
    named = f"{role}application.name=Parlance application.icon_name=parlance {_MARK}={mark}"
    wanted = {"PULSE_PROP_OVERRIDE": named}
    if "ALSA_CONFIG_PATH" not in os.environ:
        wanted["ALSA_CONFIG_PATH"] = str(_ALSA_CONFIGURATION)
    if device_id is not None:
        wanted[_VARIABLE[direction]] = device_id
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
