"""The faint noise of a room, for ears that lose their footing in perfect silence."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.servers.rehearsal.ports import Speech

_LEVEL: Final = 10.0
"""In units of the last bit (-70 dBFS). A muted or perfect client sends digital silence, in which a recogniser made for
microphones loses its footing: "what time is it" 0 of 2 without, 2 of 2 with."""


class Floor:
    """The same noise every time, as tests want it."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(0)

    def under(self, samples: NDArray[Any]) -> Speech:
        """Samples of any type with the noise added, as speech."""
        noisy = samples + self._random.normal(0.0, _LEVEL, len(samples))
        return np.clip(noisy, -32768, 32767).astype(np.int16)
