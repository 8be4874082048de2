"""A window to test, and a watch for what it leaves behind."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.conversation.settings import Settings
from app.conversation.view import Levels
from app.ui.look.appearance import Appearance
from app.ui.store import Store
from app.ui.window import MainWindow
from tests.support.qt_leaks import no_qt_leaks
from tests.support.wishes import Wishes
from tests.unit.ui.windows import Bench

__all__ = ["no_qt_leaks"]


@pytest.fixture(autouse=True)
def _watched(no_qt_leaks: None) -> None:
    """Timers, animations, threads and windows that outlive a test fail it."""


@pytest.fixture
def bench(_watched: None, qtbot: QtBot) -> Iterator[Bench]:
    """A shown and active window, disconnected, past its first start."""
    store, wishes = Store(), Wishes()
    store.show_settings(Settings(welcomed=True))
    window = MainWindow(store, wishes, Levels)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    yield Bench(window, store, wishes)
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def appearance(_watched: None, qapp: QApplication) -> Appearance:
    """Colours and fonts for a widget on its own."""
    return Appearance(qapp)
