"""SIGINT and SIGTERM while Qt's loop runs."""

import signal
import socket
from collections.abc import Callable
from types import FrameType

from PySide6.QtCore import QSocketNotifier


def on_termination(close: Callable[[], object]) -> Callable[[], None]:
    """Call ``close`` on the GUI thread when the process is asked to end; returns what undoes this.

    Python runs signal handlers between its own instructions, and Qt's loop executes none while it waits. The
    interpreter can write a byte to a socket at once, though, and the socket wakes Qt.
    """
    waker, woken = socket.socketpair()
    waker.setblocking(False)
    woken.setblocking(False)

    def drain() -> None:
        woken.recv(64)

    def asked(_number: int, _frame: FrameType | None) -> None:
        close()

    before = signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    handlers = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    notifier = QSocketNotifier(woken.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(drain)

    def undo() -> None:
        notifier.setEnabled(False)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(before)
        waker.close()
        woken.close()

    return undo
