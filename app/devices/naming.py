"""Names a person can tell apart."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.audio.catalog import Device


@dataclass(frozen=True, slots=True)
class Found:
    """A device as a system lists it, before its name is known to be unique."""

    device: Device
    place: str = ""
    """Where it is plugged in, in the system's words: a port, a bus. Empty where the system does not say."""


def told_apart(found: Sequence[Found]) -> tuple[Device, ...]:
    """The devices in the same order, those of one name suffixed: by place if places differ, else by number.

    Numbers follow the ids, which outlive a restart, and not the order of the list, which does not.
    """
    return tuple(_suffixed(one, [other for other in found if other.device.name == one.device.name]) for one in found)


def _suffixed(one: Found, namesakes: Sequence[Found]) -> Device:
    if len(namesakes) == 1:
        return one.device
    places = {namesake.place for namesake in namesakes}
    if "" not in places and len(places) == len(namesakes):
        suffix = one.place
    else:
        suffix = str(sorted(namesake.device.id for namesake in namesakes).index(one.device.id) + 1)
    return replace(one.device, name=f"{one.device.name} ({suffix})")
