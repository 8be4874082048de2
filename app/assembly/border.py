"""What comes up from the session to the window."""

from PySide6.QtCore import QObject, Signal


class Border(QObject):
    """Each signal carries one frozen value; ``choices`` two, microphone and speaker; ``shown`` none:
    the window shall come to the front. ``work`` is a function to run on the GUI thread.

    Lives on the GUI thread and is emitted on the session thread, so every delivery is queued.
    """

    view = Signal(object)
    catalog = Signal(object)
    choices = Signal(object, object)
    settings = Signal(object)
    credentials = Signal(object)
    notice = Signal(object)
    notification = Signal(str, str)
    page = Signal(str)
    balloon = Signal(str, str)
    shown = Signal()
    key_report = Signal(object)
    sound_check = Signal(object)
    work = Signal(object)
