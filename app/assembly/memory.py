"""How the process uses memory: what the garbage collector looks through, and where the C library takes it from."""

import gc
import sys
from typing import Final

_THRESHOLDS: Final = (700, 2, 2)
"""Of Python's own (700, 10, 10) the last two are for programs in which each look is long."""
_M_ARENA_MAX: Final = -8
"""A parameter of mallopt(3)."""


def one_arena() -> None:
    """Let all threads that are started from now on take memory from one place.

    The C library of Linux has an arena for each thread, up to eight for each processor; with twenty threads, each with
    a little room nobody else may use, that is 3 MB from the start and grows. Nearly all of them hold Python's lock when
    they ask for memory, so none waits for another. Elsewhere without effect.
    """
    if sys.platform == "linux":
        import ctypes  # not above: the first paint would wait for it

        set_parameter = getattr(ctypes.CDLL(None), "mallopt", None)  # not every C library of Linux has it
        if set_parameter is not None:
            set_parameter(_M_ARENA_MAX, 1)


def settle() -> None:
    """Spare the collector of garbage what stays to the end anyway: all that has been imported and built so far.

    Looking through it stops every thread for 80 ms (170,000 objects, 2 cores), which is eight blocks of sound.
    ``gc.unfreeze`` takes it back. What is made from now on is a thousand objects, so it can be looked through often,
    and what a connection leaves behind does not pile up.
    """
    gc.freeze()
    gc.enable()
    gc.set_threshold(*_THRESHOLDS)
    # Python looks through what is old only when a quarter as much has come to it as there was at the last look.
    gc.collect()
