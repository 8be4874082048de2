from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.settings import CueSettings, DesktopSettings, Settings, TalkMode, TalkSettings
from app.conversation.shortcuts import KeyReport
from app.ui.controls.key_picker import KeyPicker
from app.ui.dialogs.check_box import CheckBox
from app.ui.dialogs.form import Picker
from app.ui.dialogs.key_page import KeyPage
from app.ui.dialogs.numbers import WholeBox

Kind = TypeVar("Kind", bound=QWidget)


def page_of(qtbot: QtBot, settings: Settings, report: KeyReport) -> KeyPage:
    page = KeyPage(settings, report)
    qtbot.addWidget(page)
    page.show()
    return page


def child(page: KeyPage, kind: type[Kind], name: str) -> Kind:
    found = page.findChild(kind, name)
    assert isinstance(found, kind), name
    return found


def test_what_stands_there_is_saved(qtbot: QtBot) -> None:
    page = page_of(qtbot, Settings(), KeyReport())
    assert page.apply(Settings()) == Settings()
    child(page, Picker, "settingsTalkMode").choose(TalkMode.TOGGLE)
    key = child(page, KeyPicker, "settingsTalkKey")
    key.click()
    QTest.keyClick(key, Qt.Key.Key_F8)
    for box in page.findChildren(CheckBox):
        box.toggle()
    child(page, WholeBox, "settingsCueVolume").setValue(75)
    told = page.apply(Settings())
    assert told.talk == TalkSettings(TalkMode.TOGGLE, "F8")
    assert told.cues == CueSettings(enabled=False, volume=0.75)
    assert told.desktop == DesktopSettings(
        close_to_tray=True, start_at_login=True, start_hidden=True, pill=False, notify=False, mute_on_lock=False
    )


def test_it_says_which_way_works_and_what_to_do_where_none_does(qtbot: QtBot) -> None:
    page = page_of(qtbot, Settings(), KeyReport(True, "F9 works in every window."))
    words, command = (child(page, QLabel, name) for name in ("settingsKeyReport", "settingsKeyCommand"))
    assert words.text() == "F9 works in every window."
    assert not command.isVisible()
    page.show_report(KeyReport(False, "Bind this.", "parlance remote talk-toggle"))
    assert (words.text(), command.text()) == ("Bind this.", "parlance remote talk-toggle")
    assert command.isVisible()


def test_a_key_that_cannot_be_used_is_explained_beside_it(qtbot: QtBot) -> None:
    page = page_of(qtbot, Settings(), KeyReport())
    key = child(page, KeyPicker, "settingsTalkKey")
    key.click()
    QTest.keyClick(key, Qt.Key.Key_A)
    assert "could not be typed" in child(page, QLabel, "settingsTalkKeyError").text()
