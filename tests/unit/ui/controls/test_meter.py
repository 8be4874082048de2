from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.ui.controls.meter import Meter
from app.ui.look.appearance import Appearance
from app.ui.look.tokens import LIGHT


@pytest.fixture
def meter(appearance: Appearance, qtbot: QtBot) -> Iterator[Meter]:
    one = Meter("Microphone level", appearance)
    one.resize(100, 6)
    one.show()
    qtbot.waitExposed(one)
    yield one
    one.close()
    one.deleteLater()


def colour_at(meter: Meter, x: int) -> str:
    picture = meter.grab().toImage()
    return picture.pixelColor(round(x * picture.devicePixelRatio()), picture.height() // 2).name()


def test_the_bar_reaches_the_level_and_the_mark_the_peak(meter: Meter) -> None:
    meter.read(-30, -15, 0.03)
    assert colour_at(meter, 20) == LIGHT.accent
    assert colour_at(meter, 60) == LIGHT.track
    assert colour_at(meter, 74) == LIGHT.text
    assert colour_at(meter, 90) == LIGHT.track


def test_screen_readers_are_told_once_a_second(meter: Meter, qtbot: QtBot) -> None:
    with qtbot.waitSignal(meter.valueChanged, timeout=50, raising=False) as told:
        for _ in range(29):
            meter.read(-30, -30, 1 / 30)
    assert not told.signal_triggered
    for _ in range(2):
        meter.read(-30, -30, 1 / 30)
    assert meter.value() == -30


def test_nothing_is_painted_while_nothing_moves(meter: Meter, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[int]()
    meter.grab()
    monkeypatch.setattr(meter, "update", lambda: asked.append(1))
    meter.read(-100, -100, 0.03)
    assert asked == []
    meter.read(-30, -30, 0.03)
    assert asked == [1]
