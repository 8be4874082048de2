"""Loads Qt's Python modules without what they do to every import after them."""

import builtins


def load_qt() -> None:
    """Load PySide6 without its watch over ``import``. Before the window's modules.

    What: PySide6 puts an import of its own before Python's, for ``from __feature__ import ...``, which Parlance does
    not use; this takes it away again. Why: it reads the source of every module that is imported from then on and
    keeps it, 550 files and 18 MB. Until: PySide6 reads only the modules that ask for a feature.
    """
    import PySide6.QtCore  # noqa: F401

    vars(builtins)["__import__"] = getattr(builtins, "__orig_import__", builtins.__import__)
