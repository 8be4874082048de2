"""Whether, and for how long, things may move."""

import os

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

STATE_CHANGE_MS = 150


def motion_allowed() -> bool:
    """False when the system or ``PARLANCE_REDUCED_MOTION`` asks for stillness."""
    if os.environ.get("PARLANCE_REDUCED_MOTION", "") not in ("", "0"):
        return False
    return QApplication.isEffectEnabled(Qt.UIEffect.UI_General)
