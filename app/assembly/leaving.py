"""How the process ends when somebody ends it from below."""

import sys


def leave_without_tidying() -> None:
    """Let C's ``exit`` end the process at once, with the exit code it was given. After Qt has been loaded; GUI thread.

    Qt calls it, from within its loop, when the display goes away. It would take PySide's classes down under the threads
    that use them: those wait for PySide's lock while they have Python's, and ``exit`` the other way round, for ever.
    Python has put its own things away by the time it calls it. Elsewhere than on Linux without effect.
    """
    if sys.platform == "linux":
        import ctypes  # not above: the first paint would wait for it

        library = ctypes.CDLL(None)
        on_exit = getattr(library, "on_exit", None)  # not every C library of Linux has it
        if on_exit is not None:
            # What was registered last is called first, with the exit code as its first argument: on_exit(3).
            on_exit(library._exit, None)
