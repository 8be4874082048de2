"""PySide6 6.12.0 below Python 3.12 steals one reference of None or True per call and aborts the process in the end."""

import gc
import sys

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer, Signal

_CALLS = 2_000
_SLACK = 200
"""References that come and go for other reasons; a theft takes one per call."""


class _Loud(QObject):
    told = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.heard = 0
        self.told.connect(self._hear)

    def _hear(self, _what: object) -> None:
        self.heard += 1

    def event(self, event: QEvent) -> bool:
        return super().event(event)


def _emit(loud: _Loud) -> None:
    for _ in range(_CALLS):
        loud.told.emit(None)


def _call_methods_without_result(loud: _Loud) -> None:
    timer = QTimer(loud)
    for _ in range(_CALLS):
        loud.setObjectName("x")
        timer.start(1000)
        timer.stop()


def _call_methods_that_answer_true(loud: _Loud) -> None:
    for _ in range(_CALLS):
        loud.blockSignals(True)
    loud.blockSignals(False)


def _send_events(loud: _Loud) -> None:
    for _ in range(_CALLS):
        QCoreApplication.sendEvent(loud, QEvent(QEvent.Type.User))


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None and True are immortal there and not counted")
@pytest.mark.parametrize("work", [_emit, _call_methods_without_result, _call_methods_that_answer_true, _send_events])
@pytest.mark.usefixtures("qapp")
def test_a_busy_loop_loses_no_reference_to_none_or_true(work: object) -> None:
    assert callable(work)
    loud = _Loud()
    work(loud)
    gc.collect()
    before = sys.getrefcount(None), sys.getrefcount(True)
    work(loud)
    gc.collect()
    after = sys.getrefcount(None), sys.getrefcount(True)
    assert after[0] > before[0] - _SLACK
    assert after[1] > before[1] - _SLACK
