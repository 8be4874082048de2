"""``main.py``: from the start of the process to its window, in the order in which a person waits least for it."""

import logging
import sys
import threading
import traceback
from types import TracebackType

from app.assembly.one_window import be_the_one
from app.assembly.qt import load_qt
from app.vault.journal import open_journal
from app.vault.places import Places

log = logging.getLogger("parlance.assembly")


def run_window(*, verbose: bool, hidden: bool = False) -> int:
    """Open the window and stay until it is closed; the exit code."""
    places = Places.here()
    open_journal(places.log_folder, verbose=verbose)
    sys.excepthook = _report
    instance = be_the_one(places.runtime_folder)
    if isinstance(instance, int):
        return instance
    load_qt()
    from PySide6.QtGui import QFontDatabase
    from PySide6.QtWidgets import QApplication

    application = QApplication(sys.argv)
    # The list of fonts is read once, without Python's lock: on another processor while the window's modules load.
    fonts = threading.Thread(target=QFontDatabase.families, name="parlance-fonts")
    fonts.start()
    from app.assembly.window import run

    fonts.join()
    exit_code = run(application, places, hidden=hidden)
    if instance is not None:
        instance.release()
    return exit_code


def _report(kind: type[BaseException], bug: BaseException, trace: TracebackType | None) -> None:
    """The one door for bugs: the journal, which blanks secrets, and a word on standard error."""
    log.error("x bug\n%s", "".join(traceback.format_exception(kind, bug, trace)))
    print(f"Parlance made a mistake ({kind.__name__}); the log tells where.", file=sys.stderr)
