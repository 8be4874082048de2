import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.conversation.settings import Theme
from app.ui.look.appearance import Appearance, style_sheet, text_font
from app.ui.look.motion import motion_allowed
from app.ui.look.tokens import DARK, DARK_CONTRAST, LIGHT, LIGHT_CONTRAST, Tokens


def test_a_chosen_theme_dresses_the_application(appearance: Appearance, qapp: QApplication, qtbot: QtBot) -> None:
    with qtbot.waitSignal(appearance.changed):
        appearance.choose(Theme.DARK)
    assert qapp.palette().window().color().name() == DARK.background
    assert DARK.surface in qapp.styleSheet()
    with qtbot.assertNotEmitted(appearance.changed):
        appearance.choose(Theme.DARK)
    with qtbot.waitSignal(appearance.changed):
        appearance.choose(Theme.LIGHT)
    assert appearance.colour("text") == LIGHT.text


@pytest.mark.parametrize("tokens", [LIGHT, DARK, LIGHT_CONTRAST, DARK_CONTRAST])
def test_the_style_sheet_is_filled_completely(tokens: Tokens) -> None:
    sheet = style_sheet(tokens)
    assert "$" not in sheet
    assert sheet.count("{") == sheet.count("}")


@pytest.mark.usefixtures("qapp")
def test_text_is_measured_in_pixels() -> None:
    assert text_font().pixelSize() == 14


@pytest.mark.parametrize(("wish", "moves"), [("", True), ("0", True), ("1", False)])
@pytest.mark.usefixtures("qapp")
def test_stillness_can_be_asked_for(monkeypatch: pytest.MonkeyPatch, wish: str, moves: bool) -> None:
    monkeypatch.setenv("PARLANCE_REDUCED_MOTION", wish)
    assert motion_allowed() is moves
