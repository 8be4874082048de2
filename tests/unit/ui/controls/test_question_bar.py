import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from app.conversation.troubles import Notice
from app.conversation.view import Look, Question
from app.ui.controls.notice_bar import NoticeBar
from app.ui.controls.question_bar import QuestionBar
from app.ui.controls.talk_button import TalkButton
from tests.unit.ui.windows import Bench

OPEN = Question("q1", "Open a page of example.org?", "Open", "Do not open")
OTHER = Question("q2", "Delete the file?", "Delete", "Keep")


@pytest.fixture
def asked(bench: Bench) -> Bench:
    bench.show(look=Look.THINKING, question=OPEN)
    return bench


def space(bench: Bench) -> None:
    receiver = bench.window.focusWidget()
    assert receiver is not None
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QApplication.sendEvent(receiver, QKeyEvent(kind, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, " "))


def test_a_question_is_asked_in_its_own_words(asked: Bench) -> None:
    bar = asked.child(QuestionBar, "questionBar")
    no, yes = asked.child(QPushButton, "questionNo"), asked.child(QPushButton, "questionYes")
    assert bar.isVisible()
    assert bar.accessibleName() == OPEN.sentence
    assert (no.text(), yes.text()) == ("Do not open", "Open")
    assert no.accessibleDescription() == yes.accessibleDescription() == OPEN.sentence
    asked.show(question=None)
    assert not bar.isVisible()


def test_a_click_answers(asked: Bench) -> None:
    asked.child(QPushButton, "questionYes").click()
    asked.child(QPushButton, "questionNo").click()
    assert asked.wishes.made == [("answer_question", "q1", True), ("answer_question", "q1", False)]


def test_no_has_the_focus_and_enter_is_enough(asked: Bench) -> None:
    assert QApplication.focusWidget() is asked.child(QPushButton, "questionNo")
    QTest.keyClick(asked.child(QPushButton, "questionNo"), Qt.Key.Key_Return)
    assert asked.wishes.made == [("answer_question", "q1", False)]


def test_escape_is_no_before_it_interrupts(asked: Bench) -> None:
    QTest.keyClick(asked.window, Qt.Key.Key_Escape)
    asked.show(question=None)
    QTest.keyClick(asked.window, Qt.Key.Key_Escape)
    assert asked.wishes.made == [("answer_question", "q1", False), ("interrupt",)]


def test_space_stays_the_talk_key(asked: Bench) -> None:
    """An answer may be spoken: whoever talks must not have pressed a button with it."""
    space(asked)
    assert asked.wishes.made[0] == ("talk_down",)
    assert not any(wish[0] == "answer_question" for wish in asked.wishes.made)


def test_space_presses_a_button_one_came_to_by_tab(asked: Bench) -> None:
    asked.child(QPushButton, "questionYes").setFocus(Qt.FocusReason.TabFocusReason)
    space(asked)
    assert asked.wishes.made == [("answer_question", "q1", True)]


def test_the_focus_goes_back_to_where_it_was(bench: Bench) -> None:
    mute = bench.child(QToolButton, "muteButton")
    mute.setFocus(Qt.FocusReason.TabFocusReason)
    bench.show(question=OPEN)
    bench.show(question=OTHER)
    assert QApplication.focusWidget() is bench.child(QPushButton, "questionNo")
    bench.show(question=None)
    assert QApplication.focusWidget() is mute


def test_a_focus_that_went_elsewhere_stays_there(asked: Bench) -> None:
    field = asked.child(QLineEdit, "messageField")
    field.setFocus()
    asked.show(question=None)
    assert QApplication.focusWidget() is field


def test_nobody_is_disturbed_while_writing(bench: Bench) -> None:
    field = bench.child(QLineEdit, "messageField")
    field.setFocus()
    field.setText("dear")
    bench.show(question=OPEN)
    assert QApplication.focusWidget() is field


def test_nobody_is_disturbed_while_speaking(bench: Bench) -> None:
    bench.show(look=Look.LISTENING)
    button = bench.child(TalkButton, "talkButton")
    QTest.mousePress(button, Qt.MouseButton.LeftButton)
    bench.show(question=OPEN)
    no = bench.child(QPushButton, "questionNo")
    assert QApplication.focusWidget() is not no
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton)
    assert bench.wishes.made == [("talk_down",), ("talk_up",)]
    assert QApplication.focusWidget() is no


def test_a_notice_waits_behind_the_question(bench: Bench) -> None:
    notice = bench.child(NoticeBar, "noticeBar")
    bench.show(question=OPEN, notice=Notice("The connection was lost."))
    assert not notice.isVisible()
    bench.show(question=None)
    assert notice.isVisible()


def test_an_endless_address_does_not_widen_the_window(bench: Bench, qtbot: QtBot) -> None:
    bench.window.resize(360, 560)
    bench.show(question=Question("q", "Open https://example.org/" + "x" * 200 + "?", "Open", "No"))
    no = bench.child(QPushButton, "questionNo")
    qtbot.waitUntil(lambda: no.mapTo(bench.window, no.rect().bottomRight()).x() > 100)
    assert bench.window.width() == 360
    assert no.mapTo(bench.window, no.rect().bottomRight()).x() < 360
