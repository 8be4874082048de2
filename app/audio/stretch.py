"""Making speech a little longer or shorter without changing its pitch.

Waveform-similarity overlap-add: one period of the sound is taken out, or played twice, where it looks like its
neighbour, and the seam is cross-faded. Voiced speech repeats every 2.5 to 12.5 ms, so that is what one step can change.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.audio.pcm import Pcm, samples_of_ms

SEAM: Final = samples_of_ms(5)
"""Length of the cross-fade and of what is compared: an octave below the lowest voice still shows its shape in it."""

SHORTEST_LAG: Final = samples_of_ms(2.5)
LONGEST_LAG: Final = samples_of_ms(12.5)

_QUIET_RMS: Final = 60.0
"""About -55 dBFS. Below it nobody hears a seam, so any lag is good."""

_FALLING: Final = np.linspace(1.0, 0.0, SEAM, dtype=np.float32)
_RISING: Final = 1.0 - _FALLING


def shrink(sound: Pcm, longest: int, *, similarity: float) -> Pcm:
    """``sound`` with one period of at most ``longest`` samples taken out at its beginning.

    Unchanged if it is too short, or no two stretches are alike enough (``similarity`` is a correlation, at most 1).
    """
    reach = min(longest, LONGEST_LAG, len(sound) - SEAM)
    if reach < SHORTEST_LAG:
        return sound
    anchor = sound[:SEAM].astype(np.float32)
    field = sound[SHORTEST_LAG : reach + SEAM].astype(np.float32)
    offset = _most_alike(anchor, field, similarity, prefer_last=True)
    if offset is None:
        return sound
    seam = anchor * _FALLING + field[offset : offset + SEAM] * _RISING
    return np.concatenate((seam.astype(np.int16), sound[SHORTEST_LAG + offset + SEAM :]))


def expand(before: Pcm, sound: Pcm, longest: int, *, similarity: float) -> Pcm:
    """``sound`` with one period of at most ``longest`` samples played twice at its beginning.

    ``before`` is what was played just before it, LONGEST_LAG samples or more. Unchanged as in ``shrink``.
    """
    reach = min(longest, LONGEST_LAG, len(before))
    if reach < SHORTEST_LAG or len(sound) < SEAM:
        return sound
    anchor = sound[:SEAM].astype(np.float32)
    whole = np.concatenate((before[len(before) - reach :], sound))
    field = whole[: reach - SHORTEST_LAG + SEAM].astype(np.float32)
    offset = _most_alike(anchor, field, similarity, prefer_last=False)
    if offset is None:
        return sound
    seam = anchor * _FALLING + field[offset : offset + SEAM] * _RISING
    return np.concatenate((seam.astype(np.int16), whole[offset + SEAM :]))


def _most_alike(
    anchor: NDArray[np.float32], field: NDArray[np.float32], similarity: float, *, prefer_last: bool
) -> int | None:
    """Where in ``field`` the stretch most like ``anchor`` begins; at the farther end when all is quiet."""
    energy_here = float(anchor @ anchor)
    sums = np.concatenate((np.zeros(1), np.cumsum(np.square(field, dtype=np.float64))))
    energies = sums[SEAM:] - sums[:-SEAM]
    quiet = SEAM * _QUIET_RMS**2
    if energy_here < quiet and float(energies.max()) < quiet:
        return len(energies) - 1 if prefer_last else 0
    alike = np.correlate(field, anchor, "valid") / np.sqrt(energies * energy_here + 1.0)
    best = int(alike.argmax())
    return best if alike[best] >= similarity else None
