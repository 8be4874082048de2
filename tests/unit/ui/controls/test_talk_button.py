from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.view import Levels, Look, View
from app.ui.controls.talk_button import TalkButton
from app.ui.look.appearance import Appearance
from app.ui.look.tokens import LIGHT


@pytest.fixture
def button(appearance: Appearance, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[TalkButton]:
    monkeypatch.setenv("PARLANCE_REDUCED_MOTION", "1")
    one = TalkButton(appearance)
    one.resize(one.sizeHint())
    one.show()
    qtbot.waitExposed(one)
    yield one
    one.close()
    one.deleteLater()


def colour(button: TalkButton, dx: int) -> str:
    """At a distance from the centre to the right, a little above it and so beside the glyph."""
    picture = button.grab().toImage()
    scale = picture.devicePixelRatio()
    centre = button.rect().center()
    return picture.pixelColor(round((centre.x() + dx) * scale), round(centre.y() * scale)).name()


@pytest.mark.parametrize(
    ("look", "fill"),
    [
        (Look.DISCONNECTED, LIGHT.surface),
        (Look.CONNECTING, LIGHT.accent_soft),
        (Look.LISTENING, LIGHT.accent),
        (Look.ON_AIR, LIGHT.live),
        (Look.SPEAKING, LIGHT.accent),
    ],
)
def test_the_disc_is_the_state(button: TalkButton, look: Look, fill: str) -> None:
    button.show_view(View(look))
    assert colour(button, 32) == fill


def test_rings_follow_the_level(button: TalkButton, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARLANCE_REDUCED_MOTION")
    button.show_view(View(Look.ON_AIR))
    quiet = colour(button, 54)
    button.read(Levels(microphone_dbfs=-3.0), 0.03)
    assert colour(button, 54) != quiet


def test_the_ring_turns_unless_stillness_is_asked_for(button: TalkButton, monkeypatch: pytest.MonkeyPatch) -> None:
    button.show_view(View(Look.THINKING))
    before = button.grab().toImage()
    button.read(Levels(), 0.3)
    assert button.grab().toImage() == before
    monkeypatch.delenv("PARLANCE_REDUCED_MOTION")
    button.read(Levels(), 0.3)
    assert button.grab().toImage() != before


def test_the_change_of_colour_is_soft_and_short(
    button: TalkButton, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.delenv("PARLANCE_REDUCED_MOTION")
    button.show_view(View(Look.ON_AIR))
    assert colour(button, 32) != LIGHT.live
    qtbot.waitUntil(lambda: colour(button, 32) == LIGHT.live)
