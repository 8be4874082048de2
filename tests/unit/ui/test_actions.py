import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QToolButton

from app.conversation.view import Look, Row, Speaker
from app.ui.actions import BEGIN_ANEW, NewConversation
from app.ui.controls.question_bar import QuestionBar
from tests.unit.ui.windows import Bench

SAID = (Row("1", Speaker.USER, "Hello", finished=True),)
UNSAID = (Row("1", Speaker.USER, pending=True),)


@pytest.fixture
def action(bench: Bench) -> NewConversation:
    found = bench.window.findChild(NewConversation)
    assert isinstance(found, NewConversation)
    return found


def test_it_stands_in_the_menu(bench: Bench, action: NewConversation) -> None:
    assert action in bench.child(QToolButton, "moreButton").menu().actions()


def test_there_is_something_to_clear_away_between_two_calls_only(bench: Bench, action: NewConversation) -> None:
    assert not action.isEnabled()
    bench.show(rows=SAID)
    assert action.isEnabled()
    bench.show(look=Look.LISTENING)
    assert not action.isEnabled()
    bench.show(look=Look.DISCONNECTED)
    assert action.isEnabled()
    bench.show(rows=())
    assert not action.isEnabled()


def test_where_nothing_was_said_nothing_is_asked(bench: Bench, action: NewConversation) -> None:
    bench.show(rows=UNSAID)
    action.trigger()
    assert bench.wishes.made == [("begin_anew",)]


@pytest.mark.parametrize(("button", "wishes"), [("questionYes", [("begin_anew",)]), ("questionNo", [])])
def test_what_was_said_is_not_forgotten_unasked(
    bench: Bench, action: NewConversation, button: str, wishes: list[tuple[str, ...]]
) -> None:
    bench.show(rows=SAID)
    action.trigger()
    assert bench.wishes.made == []
    assert bench.child(QuestionBar, "questionBar").accessibleName() == BEGIN_ANEW.sentence
    bench.child(QPushButton, button).click()
    assert bench.wishes.made == wishes
    assert not bench.child(QuestionBar, "questionBar").isVisible()


def test_escape_keeps_the_conversation(bench: Bench, action: NewConversation) -> None:
    bench.show(rows=SAID)
    action.trigger()
    QTest.keyClick(bench.window, Qt.Key.Key_Escape)
    assert bench.wishes.made == []
    assert bench.store.question is None


def test_a_call_makes_the_question_pointless(bench: Bench, action: NewConversation) -> None:
    bench.show(rows=SAID)
    action.trigger()
    bench.show(look=Look.CONNECTING)
    assert bench.store.question is None
