"""Whether, and for how long, things may move."""

import os
import sys

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

STATE_CHANGE_MS = 150


def motion_allowed() -> bool:
    """False when the system or ``PARLANCE_REDUCED_MOTION`` asks for stillness.

    Qt knows the system's wish on Windows; elsewhere it answers "still" where it does not know, so it is not asked.
    """
    if os.environ.get("PARLANCE_REDUCED_MOTION", "") not in ("", "0"):
        return False
    return sys.platform != "win32" or QApplication.isEffectEnabled(Qt.UIEffect.UI_General)
