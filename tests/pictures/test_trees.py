"""Each hand-made state of the window as text, against a file. New files are written on request only:

    PARLANCE_WRITE_PICTURES=1 python -m pytest tests/pictures

Golden images are not kept: the text of a window depends on the fonts of the machine, and no font is bundled.
"""

import os
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.pictures.states import STATES, attachment_of, build, opened_dialog
from tests.pictures.tree import tree_of
from tests.support.qt_leaks import no_qt_leaks

__all__ = ["no_qt_leaks"]
FOLDER = Path(__file__).parent / "trees"


@pytest.mark.usefixtures("no_qt_leaks")
@pytest.mark.parametrize("name", STATES)
def test_the_window_says_what_it_said(name: str, qtbot: QtBot) -> None:
    state = STATES[name]
    window, _store, _wishes = build(state)
    window.show()
    qtbot.waitExposed(window)
    qtbot.waitUntil(lambda: not attachment_of(window).in_work)
    shown: QWidget = window
    if state.dialog:
        if state.dialog == "welcome":
            qtbot.waitUntil(lambda: window.findChild(QWidget, "welcomeDialog") is not None)
        shown = opened_dialog(window, state)
    tree = tree_of(shown)
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    path = FOLDER / f"{name}.txt"
    if os.environ.get("PARLANCE_WRITE_PICTURES"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(tree, encoding="utf-8")
    assert tree == path.read_text(encoding="utf-8")


def test_there_is_no_file_without_a_state() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(STATES)
