"""What sort of thing a device is: from the properties a sound server gives it, and from its name.

https://www.freedesktop.org/wiki/Software/PulseAudio/Documentation/Developer/Clients/ApplicationProperties/ names the
server's properties; many devices have none, and without a server there is nothing but names.
"""

import re
from collections.abc import Mapping
from typing import Final

from app.audio.catalog import Kind

_BY_FORM: Final = {
    "headset": Kind.HEADSET,
    "headphone": Kind.HEADSET,
    "hands-free": Kind.HEADSET,
    "handset": Kind.HEADSET,
    "webcam": Kind.WEBCAM,
    "tv": Kind.HDMI,
    "internal": Kind.BUILT_IN,
}
"""``device.form_factor``; what it says of loudspeakers and microphones on a desk, their plug says as well."""
_BY_NAME: Final = (
    (re.compile(r"head(set|phone)|earphone|earbud|airpods|hands-?free", re.IGNORECASE), Kind.HEADSET),
    (re.compile(r"webcam|camera", re.IGNORECASE), Kind.WEBCAM),
    (re.compile(r"hdmi|display ?port|display audio", re.IGNORECASE), Kind.HDMI),
    (re.compile(r"built-?in|internal|macbook|realtek|HDA Intel", re.IGNORECASE), Kind.BUILT_IN),
    (re.compile(r"bluetooth", re.IGNORECASE), Kind.BLUETOOTH),
    (re.compile(r"\busb\b", re.IGNORECASE), Kind.USB),
)
"""In the order in which they tell more: a headset on a USB plug is a headset."""
_BY_BUS: Final = {"bluetooth": Kind.BLUETOOTH, "usb": Kind.USB, "pci": Kind.BUILT_IN}


def kind_of(name: str, properties: Mapping[str, str] | None = None) -> Kind:
    """The kind of a device of that name, with a sound server's properties where there is one."""
    told = properties or {}
    by_form = _BY_FORM.get(told.get("device.form_factor", ""))
    by_name = next((kind for words, kind in _BY_NAME if words.search(name)), None)
    bus = "bluetooth" if told.get("device.api", "").startswith("bluez") else told.get("device.bus", "")
    # A card in the machine is "internal" with all it has, its HDMI plugs too.
    if by_form is Kind.BUILT_IN and by_name is Kind.HDMI:
        return Kind.HDMI
    return by_form or by_name or _BY_BUS.get(bus, Kind.UNKNOWN)
