"""The assistant's sound between being made and being sent (``output_audio_buffer`` of the protocol)."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from app.audio.pcm import Pcm, ms_of_samples, silence


@dataclass(frozen=True, slots=True)
class Place:
    """The message that sound belongs to."""

    response_id: str
    item_id: str = ""
    output_index: int = 0


@dataclass(frozen=True, slots=True)
class Pulled:
    """One frame on its way to the wire."""

    pcm: Pcm
    response_id: str = ""
    """Whose sound it is; empty for silence."""
    samples: int = 0
    """How many of the frame's samples are that response's, the rest being silence."""
    started: bool = False
    """Whether it is the first of its response."""
    stopped: bool = False
    """Whether it is the last."""


@dataclass(slots=True)
class _Segment:
    response_id: str
    blocks: deque[Pcm] = field(default_factory=deque)
    started: bool = False
    complete: bool = False


class OutputBuffer:
    """Sound in the order in which responses were made. Bounded by how far ahead responses may be."""

    played_here = True
    """Whether what is pulled is what the user hears, so that the server knows what was heard."""

    def __init__(self) -> None:
        self._segments: deque[_Segment] = deque()
        self._held_samples = 0

    @property
    def empty(self) -> bool:
        """Whether nothing is being played or about to be."""
        return not self._segments

    @property
    def held_ms(self) -> float:
        """How much sound waits."""
        return ms_of_samples(self._held_samples)

    def put(self, place: Place, pcm: Pcm) -> None:
        """Add sound at the end of a response."""
        self._segment(place.response_id).blocks.append(pcm)
        self._held_samples += len(pcm)

    def complete(self, response_id: str) -> None:
        """No more sound of this response will come. Without effect if none came at all."""
        for segment in self._segments:
            if segment.response_id == response_id:
                segment.complete = True

    def clear(self) -> tuple[str, ...]:
        """Drop everything; returns the responses that had begun to be heard."""
        begun = tuple(segment.response_id for segment in self._segments if segment.started)
        self._segments.clear()
        self._held_samples = 0
        return begun

    def pull(self, samples: int) -> Pulled:
        """The next ``samples`` samples, never of two responses at once; silence where there is nothing."""
        frame = silence(samples)
        if not self._segments:
            return Pulled(frame)
        segment = self._segments[0]
        filled = _drain(segment.blocks, frame)
        self._held_samples -= filled
        started = filled > 0 and not segment.started
        segment.started = segment.started or started
        stopped = segment.complete and not segment.blocks
        if stopped:
            self._segments.popleft()
        return Pulled(frame, segment.response_id, filled, started, stopped)

    def _segment(self, response_id: str) -> _Segment:
        for segment in self._segments:
            if segment.response_id == response_id:
                return segment
        self._segments.append(_Segment(response_id))
        return self._segments[-1]


def _drain(blocks: deque[Pcm], frame: Pcm) -> int:
    filled = 0
    while blocks and filled < len(frame):
        block = blocks.popleft()
        taken = min(len(block), len(frame) - filled)
        np.copyto(frame[filled : filled + taken], block[:taken])
        filled += taken
        if taken < len(block):
            blocks.appendleft(block[taken:])
    return filled
