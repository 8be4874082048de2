from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.ui.dialogs.numbers import DecimalBox, WholeBox
from app.ui.look.appearance import Appearance


@pytest.fixture
def place(appearance: Appearance, qtbot: QtBot) -> Iterator[QWidget]:
    widget = QWidget()
    widget.show()
    qtbot.waitExposed(widget)
    yield widget
    widget.close()
    widget.deleteLater()


def test_the_lowest_value_can_mean_nothing(place: QWidget) -> None:
    box = WholeBox("box", 0, 100, place, unit=" ms", nothing="Never")
    assert box.text() == "Never"
    box.setValue(5)
    assert box.text() == "5 ms"


def test_decimals_that_are_not_shown_are_kept_until_somebody_changes_the_number(place: QWidget) -> None:
    box = DecimalBox("box", 0.123456, (0.0, 1.0), place, step=0.05)
    assert box.told() == 0.123456
    box.setValue(0.2)
    assert box.told() == 0.2


@pytest.mark.parametrize(("value", "words"), [(4.0, "4.00"), (0.4, "0.40"), (0.0045, "0.0045"), (1.125, "1.125")])
def test_a_table_has_no_idle_zeros(place: QWidget, value: float, words: str) -> None:
    box = DecimalBox("box", value, (0.0, 10.0), place, step=0.1, decimals=4)
    box.set_plain()
    assert box.text() == words.replace(".", box.locale().decimalPoint())


@pytest.mark.parametrize("kind", ["whole", "decimal"])
def test_the_wheel_scrolls_the_page_and_not_the_number(place: QWidget, kind: str) -> None:
    box = WholeBox("box", 5, 100, place) if kind == "whole" else DecimalBox("box", 5.0, (0.0, 9.0), place, step=1.0)
    turn = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(box, turn)
    assert box.value() == 5
    assert not turn.isAccepted()
