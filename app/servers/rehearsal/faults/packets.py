"""What faults do to RTP packets on their way out, and to the frames they are made of."""

import struct
from collections import deque
from collections.abc import Iterator
from typing import Final

from app.audio.pcm import Pcm
from app.servers.rehearsal.faults.table import Stall

_HEADER: Final = struct.Struct("!BBHII")
"""RFC 3550 section 5.1, as far as the SSRC."""
_SEQUENCE_STEP: Final = 20_011
_TIME_STEP: Final = 1_234_567_891
_SSRC_STEP: Final = 0x5EED
_FRAME_MS: Final = 20
_CATCH_UP: Final = 2
"""Frames in the time of one, after a stall."""


class Packets:
    """Loses packets, and changes who they come from."""

    def __init__(self) -> None:
        self._pattern = ""
        self._at = 0
        self._sources = 0

    def lose(self, pattern: str) -> None:
        """Lose packets by this pattern from its beginning; with an empty one lose none."""
        self._pattern, self._at = pattern, 0

    def change_source(self) -> None:
        """Go on as another source."""
        self._sources += 1

    def spoil(self, packet: bytes) -> bytes | None:
        """The packet as it is sent; None if it is lost."""
        if self._pattern:
            lost = self._pattern[self._at] == "1"
            self._at = (self._at + 1) % len(self._pattern)
            if lost:
                return None
        if not self._sources:
            return packet
        first, kind, sequence, timestamp, ssrc = _HEADER.unpack_from(packet)
        sequence = (sequence + self._sources * _SEQUENCE_STEP) % 2**16
        timestamp = (timestamp + self._sources * _TIME_STEP) % 2**32
        ssrc = (ssrc + self._sources * _SSRC_STEP) % 2**32
        return _HEADER.pack(first, kind, sequence, timestamp, ssrc) + packet[_HEADER.size :]


class Frames:
    """Holds frames back for a stall, then gives them faster than real time until it has caught up."""

    def __init__(self) -> None:
        self._held: deque[Pcm] = deque()
        self._sounded_ms = 0
        self._stalled_ms = 0

    def stall(self) -> None:
        """Be ready for a new stall."""
        self._sounded_ms = self._stalled_ms = 0

    def pass_on(self, frame: Pcm, stall: Stall | None) -> Iterator[Pcm]:
        """The frames to be sent for the 20 ms of this one."""
        if stall is not None and frame.any():
            self._sounded_ms += _FRAME_MS
        if stall is not None and self._sounded_ms > stall.after_ms and self._stalled_ms < stall.ms:
            self._stalled_ms += _FRAME_MS
            self._held.append(frame)
        elif self._held:
            self._held.append(frame)
            yield from (self._held.popleft() for _ in range(min(_CATCH_UP, len(self._held))))
        else:
            yield frame
