"""What waits for the first paint comes after it, once, and comes without it too."""

import pytest
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.assembly import first_paint
from app.assembly.first_paint import FirstPaint


class _Painted(QWidget):
    def __init__(self, name: str, told: list[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._told = told

    def paintEvent(self, event: QPaintEvent) -> None:
        self._told.append(self._name)


@pytest.mark.qt_log_ignore("propagateSizeHints")
def test_it_comes_once_after_the_window_and_what_is_in_it_are_painted(qtbot: QtBot) -> None:
    told: list[str] = []
    window = _Painted("window", told)
    qtbot.addWidget(window)
    window.resize(200, 200)
    QVBoxLayout(window).addWidget(_Painted("in it", told, window))
    FirstPaint(window, lambda: told.append("then"))
    window.show()
    qtbot.waitUntil(lambda: "then" in told)
    assert told.index("then") > told.index("in it") > told.index("window")
    window.repaint()
    qtbot.wait(10)
    assert told.count("then") == 1


def test_it_comes_without_a_paint_where_there_is_none(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_paint, "LONGEST_WAIT_MS", 20)
    told: list[str] = []
    window = QWidget()
    qtbot.addWidget(window)
    FirstPaint(window, lambda: told.append("then"))
    qtbot.waitUntil(lambda: told == ["then"])
