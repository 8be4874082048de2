from app.audio.catalog import EARLIER_KEPT, Catalog, Choice, Device, Direction, in_place_of

DESK = Device("desk", "Desk microphone", Direction.MICROPHONE, is_default=True)
HEADSET = Device("headset", "Headset", Direction.MICROPHONE)
LAPEL = Device("lapel", "Lapel microphone", Direction.MICROPHONE)

PICKED = Choice("lapel", "Lapel microphone", ("Headset", "Webcam"))


def used(choice: Choice, *there: Device) -> Device | None:
    return in_place_of(choice, Catalog(there), Direction.MICROPHONE)


def test_what_was_picked_is_used_while_it_is_there() -> None:
    assert used(PICKED, DESK, HEADSET, LAPEL) == LAPEL


def test_while_it_is_away_the_one_picked_before_is_used() -> None:
    assert used(PICKED, DESK, HEADSET) == HEADSET


def test_while_all_that_were_picked_are_away_the_default_is_used() -> None:
    assert used(PICKED, DESK) == DESK


def test_without_a_default_any_device_is_better_than_none() -> None:
    assert used(Choice(), HEADSET, LAPEL) == HEADSET
    assert used(PICKED) is None


def test_the_system_default_does_not_yield_to_earlier_picks() -> None:
    assert used(Choice(earlier=("Headset",)), HEADSET, DESK) == DESK


def test_each_pick_remembers_those_before_it_once() -> None:
    first = Choice("headset", "Headset").after(Choice())
    second = Choice("lapel", "Lapel microphone").after(first)
    third = Choice("headset", "Headset").after(second)
    assert (first.earlier, second.earlier, third.earlier) == ((), ("Headset",), ("Lapel microphone",))
    assert Choice().after(third).earlier == ("Headset", "Lapel microphone")


def test_picks_of_long_ago_are_forgotten() -> None:
    choice = Choice()
    for number in range(EARLIER_KEPT + 3):
        choice = Choice(str(number), f"Device {number}").after(choice)
    assert len(choice.earlier) == EARLIER_KEPT
    assert choice.earlier[0] == f"Device {EARLIER_KEPT + 1}"
