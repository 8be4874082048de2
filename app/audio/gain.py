"""Making sound louder or softer without a click."""

import numpy as np

from app.audio.pcm import Pcm


class Gain:
    """``apply`` belongs to one thread; ``factor`` may be set from any."""

    def __init__(self) -> None:
        self.factor = 1.0
        """Linear, from now on."""
        self._applied = 1.0

    def apply(self, block: Pcm) -> None:
        """Change it in place; what is too loud is cut off. A new factor takes a block to reach: a step would click."""
        before, self._applied = self._applied, self.factor
        if before == 1.0 and self._applied == 1.0:
            return
        steady = before == self._applied
        factors = np.float32(before) if steady else np.linspace(before, self._applied, len(block), dtype=np.float32)
        louder = block * factors
        np.clip(louder, -32768, 32767, out=louder)
        block[:] = louder
