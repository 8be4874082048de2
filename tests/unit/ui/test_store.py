from dataclasses import replace

from pytestqt.qtbot import QtBot

from app.audio.catalog import Catalog, Choice, Device, Direction
from app.conversation.settings import Settings
from app.conversation.troubles import Notice
from app.conversation.view import Look, Question, Row, Speaker, View
from app.ui.store import Store

LOST = Notice("The connection was lost.", "Try again.", "connect")
UNSAVED = Notice("The settings could not be saved.")


def test_an_equal_view_says_nothing(qtbot: QtBot) -> None:
    store = Store()
    store.show_view(View(Look.LISTENING))
    with qtbot.assertNotEmitted(store.view_changed), qtbot.assertNotEmitted(store.notice_changed):
        store.show_view(View(Look.LISTENING))


def test_new_words_go_to_the_transcript_alone(qtbot: QtBot) -> None:
    store = Store()
    with qtbot.assertNotEmitted(store.view_changed):
        store.show_view(View(rows=(Row("1", Speaker.USER, "Hello"),)))
    assert store.transcript.rowCount() == 1


def test_a_notice_does_not_disturb_the_rest(qtbot: QtBot) -> None:
    store = Store()
    with qtbot.assertNotEmitted(store.view_changed), qtbot.waitSignal(store.notice_changed):
        store.show_view(View(notice=LOST))


def test_the_notice_of_the_conversation_comes_first_and_the_local_one_waits() -> None:
    store = Store()
    store.show_notice(UNSAVED)
    assert store.notice == UNSAVED
    store.show_view(View(notice=LOST))
    assert store.notice == LOST
    store.show_view(View())
    assert store.notice == UNSAVED


def test_each_slot_speaks_on_change_only(qtbot: QtBot) -> None:
    store = Store()
    catalog = Catalog(microphones=(Device("a", "A", Direction.MICROPHONE),))
    settings = replace(Settings(), muted=True)
    with qtbot.waitSignals([store.devices_changed, store.settings_changed, store.credentials_changed]):
        store.show_catalog(catalog)
        store.show_settings(settings)
        store.show_credentials(frozenset({"broker"}))
    with (
        qtbot.assertNotEmitted(store.devices_changed),
        qtbot.assertNotEmitted(store.settings_changed),
        qtbot.assertNotEmitted(store.credentials_changed),
    ):
        store.show_catalog(catalog)
        store.show_choices(Choice(), Choice())
        store.show_settings(replace(settings))
        store.show_credentials(frozenset({"broker"}))
    with qtbot.waitSignal(store.devices_changed):
        store.show_choices(Choice("a", "A"), Choice())


def test_the_question_of_the_conversation_comes_first_and_the_local_one_waits(qtbot: QtBot) -> None:
    store = Store()
    own, other = Question("a", "Really?"), Question("b", "Open it?")
    with qtbot.waitSignal(store.question_changed), qtbot.assertNotEmitted(store.view_changed):
        store.show_question(own)
    store.show_view(View(question=other))
    assert store.question == other
    with qtbot.waitSignal(store.question_changed):
        store.show_view(View())
    assert store.question == own


def test_spending_is_news(qtbot: QtBot) -> None:
    store = Store()
    with qtbot.waitSignal(store.view_changed):
        store.show_view(View(tokens=1))
