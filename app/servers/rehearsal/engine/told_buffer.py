"""The assistant's sound where it travels in events: told as it is made, while the client plays it (PROTOCOL 4.2)."""

from typing import Final

import numpy as np

from app.audio.half_rate import Halver
from app.audio.pcm import Pcm, samples_of_ms, silence
from app.realtime.events import ResponseOutputAudioDelta
from app.servers.rehearsal.engine.output_buffer import OutputBuffer, Place
from app.servers.rehearsal.engine.tell import Teller

PIECE_MS: Final = 120
"""Of sound in one event: 7.7 kB as text."""


class ToldBuffer(OutputBuffer):
    """Stands in for the client's loudspeaker: what is put in is told at once, and taken out at the pace of speech.

    So the session knows about when the client is done playing, as far as a server can.
    """

    played_here = False

    def __init__(self, teller: Teller) -> None:
        super().__init__()
        self._teller = teller
        self._place: Place | None = None
        self._pending: Pcm = silence(0)
        self._halver = Halver()

    def put(self, place: Place, pcm: Pcm) -> None:
        """Add sound at the end of a response, and tell all of it that makes whole pieces."""
        super().put(place, pcm)
        if place != self._place:
            self._flush()
            self._place, self._halver = place, Halver()
        self._pending = np.concatenate((self._pending, pcm))
        piece = samples_of_ms(PIECE_MS)
        while len(self._pending) >= piece:
            self._tell(self._pending[:piece])
            self._pending = self._pending[piece:]

    def complete(self, response_id: str) -> None:
        """No more sound of this response will come: tell the last of it."""
        super().complete(response_id)
        if self._place is not None and self._place.response_id == response_id:
            self._flush()
            self._place = None

    def _flush(self) -> None:
        if len(self._pending) % 2:
            self._pending = np.concatenate((self._pending, silence(1)))
        if len(self._pending):
            self._tell(self._pending)
        self._pending = silence(0)

    def _tell(self, pcm: Pcm) -> None:
        assert self._place is not None
        place, audio = self._place, self._halver.push(pcm).astype("<i2").tobytes()
        delta = ResponseOutputAudioDelta(place.response_id, place.item_id, place.output_index, 0, audio)
        self._teller.tell(delta)
