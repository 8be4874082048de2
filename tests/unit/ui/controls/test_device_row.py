from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtGui import QFontMetrics
from pytestqt.qtbot import QtBot

from app.audio.catalog import Catalog, Choice, Device, Direction, Kind
from app.ui.controls.device_row import DeviceRow, fitting
from app.ui.look.appearance import Appearance, text_font

DESK = Device("desk", "Desk microphone", Direction.MICROPHONE, is_default=True)
HEADSET = Device("headset", "Headset microphone", Direction.MICROPHONE)
CATALOG = Catalog(microphones=(DESK, HEADSET))


@pytest.fixture
def row(appearance: Appearance, qtbot: QtBot) -> Iterator[DeviceRow]:
    one = DeviceRow(Direction.MICROPHONE, appearance)
    yield one
    one.close()
    one.deleteLater()


def entries(row: DeviceRow) -> list[str]:
    return [row.picker.itemText(at) for at in range(row.picker.count())]


def test_the_default_comes_first_by_name(row: DeviceRow) -> None:
    row.show_devices(CATALOG, Choice())
    assert entries(row) == ["System default: Desk microphone", "Desk microphone", "Headset microphone"]
    assert row.picker.currentIndex() == 0


def test_the_chosen_device_is_current_also_under_a_new_id(row: DeviceRow) -> None:
    row.show_devices(CATALOG, Choice("headset", "Headset microphone"))
    assert row.picker.currentText() == "Headset microphone"
    row.show_devices(CATALOG, Choice("another id", "Headset microphone"))
    assert row.picker.currentText() == "Headset microphone"


def test_a_device_that_is_away_is_shown_as_such(row: DeviceRow) -> None:
    row.show_devices(CATALOG, Choice("usb", "USB headset"))
    assert row.picker.currentText() == "USB headset (not connected): Desk microphone"
    row.show_devices(CATALOG, Choice())
    assert not any("not connected" in entry for entry in entries(row))
    row.show_devices(Catalog(), Choice("usb", "USB headset"))
    assert row.picker.currentText() == "USB headset (not connected)"


def test_what_stands_in_by_its_kind_is_named_and_the_pick_stays(row: DeviceRow, qtbot: QtBot) -> None:
    other = replace(HEADSET, kind=Kind.HEADSET)
    row.show_devices(Catalog((DESK, other)), Choice("usb", "USB headset", kind=Kind.HEADSET))
    assert row.picker.currentText() == "USB headset (not connected): Headset microphone"
    with qtbot.waitSignal(row.picked) as picked:
        row.picker.activated.emit(row.picker.currentIndex())
    assert picked.args == [Device("usb", "USB headset", Direction.MICROPHONE, kind=Kind.HEADSET)]


def test_a_device_that_is_muted_in_the_system_says_so_wherever_it_is_named(row: DeviceRow) -> None:
    muted = Catalog((replace(DESK, muted=True), HEADSET))
    row.show_devices(muted, Choice())
    assert entries(row)[:2] == ["System default: Desk microphone (muted)", "Desk microphone (muted)"]
    assert "Muted in your system" in row.picker.toolTip()
    assert "Muted in your system" in row.picker.accessibleDescription()
    row.show_devices(muted, Choice("headset", "Headset microphone"))
    assert row.picker.currentText() == "Headset microphone"
    assert "Muted" not in row.picker.toolTip() + row.picker.accessibleDescription()


def test_without_any_device_there_is_the_default_alone(row: DeviceRow) -> None:
    row.show_devices(Catalog(), Choice())
    assert entries(row) == ["System default"]


def test_only_a_person_picks(row: DeviceRow, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(row.picked):
        row.show_devices(CATALOG, Choice("headset", "Headset microphone"))
    with qtbot.waitSignal(row.picked) as picked:
        row.picker.activated.emit(1)
    assert picked.args == [DESK]
    with qtbot.waitSignal(row.picked) as picked:
        row.picker.activated.emit(0)
    assert picked.args == [None]


@pytest.mark.usefixtures("qapp")
def test_what_matters_survives_shortening() -> None:
    metrics = QFontMetrics(text_font())
    assert fitting("Desk", metrics, 500) == "Desk"
    away = fitting("A conference microphone with a long name (not connected)", metrics, 200)
    assert away.endswith("… (not connected)")
    default = fitting("System default: Built-in microphone of the left display", metrics, 200)
    assert default.startswith("Default: Built-in")
    stands_in = fitting("A conference microphone with a long name (not connected): Desk microphone", metrics, 200)
    assert stands_in == "Away: Desk microphone"
    muted = fitting("System default: Built-in microphone of the left display (muted)", metrics, 200)
    assert muted.startswith("Default: Built")
    assert muted.endswith("… (muted)")
    assert all(metrics.horizontalAdvance(text) <= 200 for text in (away, default, muted))
