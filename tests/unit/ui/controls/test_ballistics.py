import pytest

from app.ui.controls.ballistics import Ballistics, share


@pytest.mark.parametrize(("level_dbfs", "expected"), [(-100, 0), (-60, 0), (-30, 0.5), (0, 1), (3, 1)])
def test_sixty_decibels_fill_the_meter(level_dbfs: float, expected: float) -> None:
    assert share(level_dbfs) == expected


def test_it_rises_at_once_and_falls_twenty_decibels_a_second() -> None:
    meter = Ballistics()
    meter.read(-10, -10, 0.033)
    assert meter.level_dbfs == -10
    meter.read(-100, -100, 0.5)
    assert meter.level_dbfs == pytest.approx(-20)
    meter.read(-100, -100, 60)
    assert meter.level_dbfs == -60


def test_the_peak_is_held_for_a_second_and_a_half_and_falls_then() -> None:
    meter = Ballistics()
    meter.read(-20, -6, 0.1)
    for _ in range(14):
        meter.read(-100, -100, 0.1)
    assert meter.peak_dbfs == -6
    meter.read(-100, -100, 0.5)
    assert meter.peak_dbfs == pytest.approx(-16)


def test_a_higher_peak_is_held_anew_and_a_lower_one_is_not() -> None:
    meter = Ballistics()
    meter.read(-20, -10, 0.1)
    meter.read(-20, -12, 1.0)
    assert meter.peak_dbfs == -10
    meter.read(-20, -5, 0.1)
    meter.read(-20, -20, 1.0)
    assert meter.peak_dbfs == -5
