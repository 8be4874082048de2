"""Nothing of a window may outlive its test: no timer, no animation, no thread, no top-level widget."""

import gc
from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import QAbstractAnimation, QCoreApplication, QEvent, QThread, QTimer
from PySide6.QtWidgets import QApplication

Worker = QTimer | QAbstractAnimation | QThread


@pytest.fixture
def no_qt_leaks(qapp: QApplication) -> Iterator[None]:
    """Fails the test whose leftovers are found; those of earlier tests are not counted."""
    windows_before = set(QApplication.topLevelWidgets())
    # What is frozen is left out of the search below, which makes it a matter of milliseconds.
    gc.freeze()
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    left = leftovers() + [_name(window) for window in set(QApplication.topLevelWidgets()) - windows_before]
    gc.unfreeze()
    assert not left, f"left behind: {sorted(left)}"


def leftovers() -> list[str]:
    """Timers, animations and threads that are at work, but for those made before the last ``gc.freeze``."""
    return [_name(one) for one in gc.get_objects() if isinstance(one, Worker) and _is_at_work(one)]


def _is_at_work(one: Worker) -> bool:
    if not shiboken6.isValid(one):
        return False
    match one:
        case QTimer():
            return one.isActive()
        case QAbstractAnimation():
            return one.state() is not QAbstractAnimation.State.Stopped
        case QThread():
            return one.isRunning()


def _name(one: object) -> str:
    assert hasattr(one, "objectName")
    assert hasattr(one, "parent")
    owner = one.parent()
    return f"{type(one).__name__} {one.objectName()!r} of {type(owner).__name__}"
