"""Whether the system lets this program use the microphone. macOS and Windows keep a list; both are untried.

Where the system has not been asked yet, opening the microphone makes it ask. Where it says no, the microphone opens all
the same on macOS and gives silence, so it has to be looked up.

https://developer.apple.com/documentation/avfoundation/avcapturedevice/authorizationstatus(for:)
"""

import ctypes
import sys
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum
from typing import Final

_CONSENT: Final = r"Software\Microsoft\Windows\CurrentVersion\CapabilityAccessManager\ConsentStore\microphone"
_OF_PROGRAMS: Final = rf"{_CONSENT}\NonPackaged"
"""Programs that do not come from the Store are allowed together."""


class Access(Enum):
    """What the system says."""

    GRANTED = "granted"
    """Or nobody keeps a list."""
    UNDECIDED = "undecided"
    """It will ask when the microphone is opened."""
    DENIED = "denied"


_MAC_STATUS: Final = (Access.UNDECIDED, Access.DENIED, Access.DENIED, Access.GRANTED)
"""Not determined, restricted, denied, authorised."""


def microphone_access(platform: str = sys.platform) -> Access:
    """What it says now; a system that cannot be asked is taken for one that allows it. Blocks, briefly."""
    if platform == "win32":
        return by_consent(_consents())
    if platform == "darwin":
        with suppress(OSError, ValueError, AttributeError, IndexError):
            return _MAC_STATUS[_mac_status()]
    return Access.GRANTED


def by_consent(values: Sequence[str]) -> Access:
    """What the words of Windows' consent store come to: a "Deny" for all or for programs of this kind decides."""
    return Access.DENIED if "Deny" in values else Access.GRANTED


def _mac_status() -> int:
    objc = ctypes.CDLL("/usr/lib/libobjc.dylib")
    foundation = ctypes.CDLL("/System/Library/Frameworks/AVFoundation.framework/AVFoundation")
    objc.objc_getClass.restype = objc.sel_registerName.restype = ctypes.c_void_p
    device = objc.objc_getClass(b"AVCaptureDevice")
    asked = objc.sel_registerName(b"authorizationStatusForMediaType:")
    send = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)(("objc_msgSend", objc))
    return int(send(device, asked, ctypes.c_void_p.in_dll(foundation, "AVMediaTypeAudio")))


def _consents() -> list[str]:
    found: list[str] = []
    if sys.platform == "win32":
        import winreg

        for root in (winreg.HKEY_LOCAL_MACHINE, winreg.HKEY_CURRENT_USER):
            for path in (_CONSENT, _OF_PROGRAMS):
                with suppress(OSError), winreg.OpenKey(root, path) as key:
                    found.append(str(winreg.QueryValueEx(key, "Value")[0]))
    return found
