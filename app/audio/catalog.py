"""Microphones and loudspeakers as values: what a scan found and what a person chose."""

from dataclasses import dataclass, replace
from enum import Enum
from itertools import chain
from typing import Final

EARLIER_KEPT: Final = 5
"""Earlier choices that are remembered for when the newest is away."""


class Kind(Enum):
    """What sort of thing a device is, so that another of its sort can stand in for it."""

    UNKNOWN = ""
    HEADSET = "headset"
    """Worn, whatever it is plugged into."""
    WEBCAM = "webcam"
    HDMI = "hdmi"
    """A screen's."""
    BUILT_IN = "built-in"
    BLUETOOTH = "bluetooth"
    USB = "usb"


class Direction(Enum):
    """Which way sound flows through a device."""

    MICROPHONE = "microphone"
    SPEAKER = "speaker"


@dataclass(frozen=True, slots=True)
class Device:
    """One real device, never a monitor."""

    id: str
    """Stable across restarts and re-plugging, as far as the system offers that."""
    name: str
    """What a person calls it: the system's description. Two of one name carry a distinguishing suffix."""
    direction: Direction
    is_default: bool = False
    """Whether the system's default points at it now."""
    kind: Kind = Kind.UNKNOWN
    muted: bool = False
    """Muted in the system's own settings, where the system tells."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """All devices of one scan, in the system's order."""

    microphones: tuple[Device, ...] = ()
    speakers: tuple[Device, ...] = ()

    def of(self, direction: Direction) -> tuple[Device, ...]:
        """The devices of one direction."""
        return self.microphones if direction is Direction.MICROPHONE else self.speakers

    def default(self, direction: Direction) -> Device | None:
        """What "System default" means at the moment of the scan."""
        return next((device for device in self.of(direction) if device.is_default), None)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person picked. ``device_id`` None is "System default", a choice of its own."""

    device_id: str | None = None
    device_name: str = ""
    """Kept beside the id, so that a device that is away can be named, and found again under a new id."""
    earlier: tuple[str, ...] = ()
    """Names of devices picked before, the newest first: what to use while this one is away."""
    kind: Kind = Kind.UNKNOWN
    """Of the device when it was last seen."""

    def seen_in(self, catalog: Catalog, direction: Direction) -> "Choice":
        """This choice, with the kind of its device if that is there: choices of long ago have none."""
        device = resolve(self, catalog, direction)
        return self if self.device_id is None or device is None else replace(self, kind=device.kind)

    def after(self, before: "Choice") -> "Choice":
        """This choice, with what was picked before it remembered."""
        names = dict.fromkeys((before.device_name, *before.earlier))
        earlier = [name for name in names if name and name != self.device_name]
        return replace(self, earlier=tuple(earlier[:EARLIER_KEPT]))


def resolve(choice: Choice, catalog: Catalog, direction: Direction) -> Device | None:
    """The device a choice means in this catalog: by id, then by name, else None.

    A choice of "System default" resolves to the default's device. None means that the choice is away.
    """
    if choice.device_id is None:
        return catalog.default(direction)
    devices = catalog.of(direction)
    by_id = next((device for device in devices if device.id == choice.device_id), None)
    return by_id or next((device for device in devices if device.name == choice.device_name), None)


def in_place_of(choice: Choice, catalog: Catalog, direction: Direction) -> Device | None:
    """What to use for that choice. While it is away: what was picked before it, else the default, else any there is;
    but first of all, in the same order, one of its kind.
    """
    meant = resolve(choice, catalog, direction)
    if meant is not None:
        return meant
    devices = catalog.of(direction)
    named = {device.name: device for device in reversed(devices)}
    default = catalog.default(direction)
    ranked = [named[name] for name in choice.earlier if name in named]
    ranked += [default] if default is not None else []
    ranked += devices
    alike = (device for device in ranked if device.kind is choice.kind is not Kind.UNKNOWN)
    return next(chain(alike, ranked), None)
