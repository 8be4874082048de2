from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.ui.controls.key_picker import KeyPicker

CTRL_ALT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def picker(qtbot: QtBot) -> Iterator[KeyPicker]:
    window = QWidget()
    picker = KeyPicker("picker", "F9", window)
    QLineEdit(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    picker.setFocus()
    yield picker
    window.close()
    window.deleteLater()


@pytest.mark.parametrize(
    ("key", "modifiers", "picked"),
    [
        (Qt.Key.Key_F8, NONE, "F8"),
        (Qt.Key.Key_Space, CTRL_ALT, "Ctrl+Alt+Space"),
        (Qt.Key.Key_K, CTRL_ALT, "Ctrl+Alt+K"),
        (Qt.Key.Key_Pause, NONE, "Pause"),
        (Qt.Key.Key_QuoteLeft, Qt.KeyboardModifier.MetaModifier, "Meta+Grave"),
        (Qt.Key.Key_Backspace, NONE, ""),
        (Qt.Key.Key_Escape, NONE, "F9"),
    ],
)
def test_the_pressed_key_is_picked(picker: KeyPicker, key: Qt.Key, modifiers: Qt.KeyboardModifier, picked: str) -> None:
    picker.click()
    assert picker.text() == "Press a key…"
    QTest.keyClick(picker, key, modifiers)
    assert picker.key == picked
    assert picker.text() == (picked or "None")


@pytest.mark.parametrize(
    ("key", "modifiers", "why"),
    [
        (Qt.Key.Key_A, NONE, "could not be typed"),
        (Qt.Key.Key_Tab, NONE, "Tab cannot be used"),
        (Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier, "most programs"),
    ],
)
def test_what_cannot_be_used_is_explained_and_another_awaited(
    picker: KeyPicker, qtbot: QtBot, key: Qt.Key, modifiers: Qt.KeyboardModifier, why: str
) -> None:
    picker.click()
    with qtbot.waitSignal(picker.refused) as refused:
        QTest.keyClick(picker, key, modifiers)
    assert refused.args is not None
    assert why in refused.args[0]
    assert picker.key == "F9"
    QTest.keyClick(picker, Qt.Key.Key_F7)
    assert picker.key == "F7"


def test_modifiers_alone_are_waited_through(picker: KeyPicker) -> None:
    picker.click()
    QTest.keyPress(picker, Qt.Key.Key_Control)
    assert picker.text() == "Press a key…"


def test_who_turns_away_wants_no_other_key(picker: KeyPicker) -> None:
    picker.click()
    field = picker.window().findChild(QLineEdit)
    assert isinstance(field, QLineEdit)
    field.setFocus()
    assert (picker.key, picker.text()) == ("F9", "F9")


def test_before_it_is_pressed_keys_are_not_its_business(picker: KeyPicker) -> None:
    QTest.keyClick(picker, Qt.Key.Key_F7)
    assert picker.key == "F9"
