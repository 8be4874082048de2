from hypothesis import given
from hypothesis import strategies as st

from app.audio.catalog import Device, Direction
from app.devices.naming import Found, told_apart


def found(device_id: str, name: str, place: str = "") -> Found:
    return Found(Device(device_id, name, Direction.SPEAKER), place)


def names(*ones: Found) -> list[str]:
    return [device.name for device in told_apart(ones)]


def test_a_name_of_its_own_stays_as_it_is() -> None:
    assert names(found("a", "Desk speakers", "Front"), found("b", "USB headphones")) == [
        "Desk speakers",
        "USB headphones",
    ]


def test_namesakes_are_told_apart_by_place() -> None:
    assert names(found("a", "HDMI", "Port 1"), found("b", "HDMI", "Port 2")) == ["HDMI (Port 1)", "HDMI (Port 2)"]


def test_namesakes_in_one_place_are_numbered() -> None:
    assert names(found("a", "HDMI", "Left"), found("b", "HDMI", "Left")) == ["HDMI (1)", "HDMI (2)"]


def test_namesakes_of_which_one_has_no_place_are_numbered() -> None:
    assert names(found("a", "HDMI", "Left"), found("b", "HDMI")) == ["HDMI (1)", "HDMI (2)"]


def test_numbers_do_not_depend_on_the_order_of_the_list() -> None:
    assert names(found("b", "HDMI"), found("a", "HDMI")) == ["HDMI (2)", "HDMI (1)"]


@given(st.lists(st.sampled_from([("HDMI", ""), ("HDMI", "Left"), ("HDMI", "Right"), ("Desk", "Left")])))
def test_no_two_names_are_alike_and_order_and_ids_stay(ones: list[tuple[str, str]]) -> None:
    devices = told_apart([found(str(number), *one) for number, one in enumerate(ones)])
    assert [device.id for device in devices] == [str(number) for number in range(len(ones))]
    assert len({device.name for device in devices}) == len(devices)
