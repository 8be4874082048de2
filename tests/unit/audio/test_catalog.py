from dataclasses import replace

from app.audio.catalog import EARLIER_KEPT, Catalog, Choice, Device, Direction, Kind, in_place_of

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


YESTERDAY = Choice("jabra", "Jabra Evolve", ("Desk microphone",), Kind.HEADSET)
BUILT_IN = Device("pci", "Built-in", Direction.MICROPHONE, is_default=True, kind=Kind.BUILT_IN)
DESKTOP = Device("desk", "Desk microphone", Direction.MICROPHONE, kind=Kind.USB)
OTHER_HEADSET = Device("sennheiser", "Sennheiser", Direction.MICROPHONE, kind=Kind.HEADSET)
THIRD_HEADSET = Device("third", "Third", Direction.MICROPHONE, kind=Kind.HEADSET)


def test_a_device_that_is_away_is_replaced_by_one_of_its_kind_first() -> None:
    assert used(YESTERDAY, BUILT_IN, DESKTOP, OTHER_HEADSET) == OTHER_HEADSET
    assert used(YESTERDAY, BUILT_IN, DESKTOP) == DESKTOP
    assert used(YESTERDAY, BUILT_IN) == BUILT_IN


def test_the_device_itself_comes_before_its_kind() -> None:
    renamed = Device("elsewhere", "Jabra Evolve", Direction.MICROPHONE, kind=Kind.HEADSET)
    assert used(YESTERDAY, OTHER_HEADSET, renamed) == renamed


def test_of_several_of_its_kind_one_that_was_picked_before_is_used_or_else_the_default() -> None:
    assert used(replace(YESTERDAY, earlier=("Third",)), OTHER_HEADSET, THIRD_HEADSET) == THIRD_HEADSET
    default = replace(THIRD_HEADSET, is_default=True)
    assert used(YESTERDAY, OTHER_HEADSET, default) == default


def test_what_is_of_no_known_kind_is_like_nothing() -> None:
    unknown = replace(DESKTOP, kind=Kind.UNKNOWN)
    assert used(Choice("gone", "Gone"), unknown, BUILT_IN) == BUILT_IN


def test_a_choice_of_long_ago_learns_its_kind_when_its_device_is_seen() -> None:
    old = Choice("third", "Third", ("Desk microphone",))
    there = Catalog((BUILT_IN, THIRD_HEADSET))
    assert old.seen_in(there, Direction.MICROPHONE) == replace(old, kind=Kind.HEADSET)
    assert old.seen_in(Catalog((BUILT_IN,)), Direction.MICROPHONE) == old
    assert Choice().seen_in(there, Direction.MICROPHONE) == Choice()
    assert replace(old, kind=Kind.HEADSET).seen_in(Catalog(), Direction.MICROPHONE).kind is Kind.HEADSET
