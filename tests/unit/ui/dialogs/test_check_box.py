from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.ui.dialogs.check_box import CheckBox
from app.ui.look.appearance import Appearance

WORDS = "Stop the assistant when I speak, whatever it is saying, and let me finish what I have to say"


@pytest.fixture
def box(appearance: Appearance, qtbot: QtBot) -> Iterator[CheckBox]:
    one = CheckBox(WORDS, "box")
    one.show()
    one.activateWindow()
    qtbot.waitUntil(one.isActiveWindow)
    yield one
    one.close()
    one.deleteLater()


def test_it_is_ticked_by_mouse_and_keyboard(box: CheckBox) -> None:
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=box.rect().center())
    assert box.isChecked()
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Space)
    assert not box.isChecked()


def test_its_words_wrap(box: CheckBox) -> None:
    assert box.heightForWidth(200) > box.heightForWidth(2000)
    assert box.minimumSizeHint().width() < 200


def test_a_tick_can_be_seen(box: CheckBox, appearance: Appearance) -> None:
    """It is painted, so it is looked at: the accent is there when it is ticked, and only then."""

    def accented() -> int:
        picture = box.grab().toImage()
        colours = (picture.pixelColor(x, y).name() for x in range(20) for y in range(picture.height()))
        return sum(colour == appearance.tokens.accent for colour in colours)

    assert accented() == 0
    box.setChecked(True)
    assert accented() > 50
