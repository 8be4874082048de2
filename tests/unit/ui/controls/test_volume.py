from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSlider

from app.ui.controls.volume import Volume
from app.ui.look.appearance import Appearance


@pytest.fixture
def volume(appearance: Appearance) -> Iterator[Volume]:
    one = Volume(appearance)
    yield one
    one.close()
    one.deleteLater()


def slider(volume: Volume) -> QSlider:
    found = volume.findChild(QSlider, "volumeSlider")
    assert isinstance(found, QSlider)
    return found


def test_echoes_of_earlier_positions_do_not_pull_it_back(volume: Volume) -> None:
    told = list[float]()
    volume.changed.connect(told.append)
    volume.show_volume(0.5)
    for _ in range(3):
        QTest.keyClick(slider(volume), Qt.Key.Key_Right)
    assert told == [0.51, 0.52, 0.53]
    for echo in told:
        volume.show_volume(echo)
        assert slider(volume).value() == 53
    volume.show_volume(0.2)
    assert slider(volume).value() == 20
