from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.conversation.view import Row, Speaker
from app.ui.look.appearance import Appearance
from app.ui.transcript.model import TranscriptModel
from app.ui.transcript.pane import TranscriptPane

ROWS = (
    Row("1", Speaker.USER, "What time is it?", finished=True),
    Row("2", Speaker.ASSISTANT, "It is ten past two.", unheard=" In the afternoon.", finished=True),
)


@pytest.fixture
def pane(appearance: Appearance, qtbot: QtBot) -> Iterator[TranscriptPane]:
    model = TranscriptModel()
    model.show(ROWS)
    one = TranscriptPane(model, appearance)
    model.setParent(one)
    one.resize(400, 300)
    one.show()
    qtbot.waitExposed(one)
    QGuiApplication.clipboard().clear()
    yield one
    one.close()
    one.deleteLater()


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


def middle_of(pane: TranscriptPane, row: int) -> QPoint:
    return pane.visualRect(pane.model().index(row, 0)).center()


def test_dragging_marks_words_across_rows(pane: TranscriptPane) -> None:
    port = pane.viewport()
    QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=pane.visualRect(pane.model().index(0, 0)).topLeft())
    QTest.mouseMove(port, middle_of(pane, 1) + QPoint(150, 30))
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton)
    QTest.keyClick(pane, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard() == "What time is it?\nIt is ten past two. In the afternoon."


def test_a_double_click_marks_a_word(pane: TranscriptPane) -> None:
    start = pane.origin_of(1).toPoint() + QPoint(2, 24)
    QTest.mouseDClick(pane.viewport(), Qt.MouseButton.LeftButton, pos=start)
    assert pane.selected_words() == "It"


def test_select_all_and_copy(pane: TranscriptPane) -> None:
    QTest.keyClick(pane, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert pane.selected_words() == "What time is it?\nIt is ten past two. In the afternoon."


def test_arrows_read_row_by_row_and_copy_takes_the_current_one(pane: TranscriptPane) -> None:
    pane.setFocus()
    QTest.keyClick(pane, Qt.Key.Key_Down)
    QTest.keyClick(pane, Qt.Key.Key_Down)
    QTest.keyClick(pane, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert pane.currentIndex().row() == 1
    assert clipboard() == "It is ten past two. In the afternoon."
    pane.grab()


def test_the_menu_copies_a_message_or_everything(pane: TranscriptPane) -> None:
    menu = pane.menu_at(middle_of(pane, 0))
    actions = {action.text(): action for action in menu.actions()}
    assert set(actions) == {"Copy message", "Copy all"}
    actions["Copy message"].trigger()
    assert clipboard() == "What time is it?"
    actions["Copy all"].trigger()
    assert clipboard() == "You: What time is it?\n\nAssistant: It is ten past two. (not spoken: In the afternoon.)"


def test_the_mark_goes_when_rows_come(pane: TranscriptPane) -> None:
    QTest.keyClick(pane, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    model = pane.model()
    assert isinstance(model, TranscriptModel)
    model.show((*ROWS, Row("3", Speaker.USER, "Thank you.")))
    assert pane.selected_words() == ""
