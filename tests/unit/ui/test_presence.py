"""Tray, pill and closing, without a tray: Qt's offscreen platform has none. tests/parts/test_tray.py has a real one."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.conversation.settings import DesktopSettings
from app.conversation.view import Levels, Look
from app.ui.controls.icon_button import IconButton
from app.ui.presence import Presence
from tests.unit.ui.windows import Bench

# what Qt's offscreen platform says of a tray and of windows above others
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", "does not support raise")


@pytest.fixture
def presence(bench: Bench) -> Presence:
    return Presence(bench.window, bench.store, bench.wishes, Levels)


def disc_of(presence: Presence) -> QWidget:
    return next(each for each in presence.pill.findChildren(QWidget) if each.accessibleName() == "Listening")


def use(bench: Bench, **changes: bool) -> None:
    settings = bench.store.settings
    bench.store.show_settings(replace(settings, desktop=replace(settings.desktop, **changes)))


def test_without_a_tray_closing_ends_the_program(qtbot: QtBot, bench: Bench, presence: Presence) -> None:
    use(bench, close_to_tray=True)
    presence.begin(hidden=False)
    with qtbot.waitSignal(presence.ended):
        bench.window.close()


def test_started_hidden_without_a_tray_it_is_minimised(bench: Bench, presence: Presence) -> None:
    presence.begin(hidden=True)
    assert bench.window.isMinimized()


@pytest.mark.parametrize("look", [look for look in Look if look not in (Look.DISCONNECTED, Look.LEAVING)])
def test_behind_other_windows_the_pill_shows_the_state(bench: Bench, presence: Presence, look: Look) -> None:
    bench.window.hide()
    bench.show(look=look, status="On air")
    assert presence.pill.isVisible()
    assert presence.pill.accessibleDescription() == "On air"
    bench.show(look=Look.DISCONNECTED)
    assert not presence.pill.isVisible()


def test_who_wants_no_pill_has_none(bench: Bench, presence: Presence) -> None:
    bench.window.hide()
    use(bench, pill=False)
    bench.show(look=Look.ON_AIR)
    assert not presence.pill.isVisible()
    use(bench, pill=True)
    assert presence.pill.isVisible()


def test_the_pill_mutes_talks_and_hangs_up(bench: Bench, presence: Presence) -> None:
    bench.window.hide()
    bench.show(look=Look.LISTENING)
    disc = disc_of(presence)
    QTest.mousePress(disc, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(disc, Qt.MouseButton.LeftButton)
    for button in presence.pill.findChildren(IconButton):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert bench.wishes.made == [("talk_down",), ("talk_up",), ("set_muted", True), ("disconnect",)]


def test_a_pill_that_goes_lets_the_key_go(bench: Bench, presence: Presence) -> None:
    bench.window.hide()
    bench.show(look=Look.LISTENING)
    disc = disc_of(presence)
    QTest.mousePress(disc, Qt.MouseButton.LeftButton)
    bench.show(look=Look.DISCONNECTED)
    assert bench.wishes.made == [("talk_down",), ("talk_up",)]


def test_a_lost_connection_is_news_and_its_return_too(bench: Bench, presence: Presence) -> None:
    news: list[str] = []
    presence.news.connect(lambda title, _words: news.append(title))
    bench.window.hide()
    for look in (Look.LISTENING, Look.RECONNECTING, Look.RECONNECTING, Look.LISTENING, Look.RECONNECTING):
        bench.show(look=look, status=look.value)
    bench.show(look=Look.DISCONNECTED)
    assert news == ["Connection lost", "Connected again", "Connection lost", "Disconnected"]


def test_who_wants_no_news_has_none(qtbot: QtBot, bench: Bench, presence: Presence) -> None:
    bench.store.show_settings(replace(bench.store.settings, desktop=DesktopSettings(notify=False)))
    bench.window.hide()
    with qtbot.assertNotEmitted(presence.news):
        bench.show(look=Look.RECONNECTING)


def test_the_tray_says_the_state_in_words(bench: Bench, presence: Presence) -> None:
    bench.show(look=Look.ON_AIR, status="On air")
    assert presence.tray.words == "Parlance: On air"
    bench.show(look=Look.THINKING, status="Thinking", muted=True)
    assert presence.tray.words == "Parlance: Thinking (muted)"
