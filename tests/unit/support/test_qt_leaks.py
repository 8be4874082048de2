import gc

import pytest
from PySide6.QtCore import QThread, QTimer, QVariantAnimation

from tests.support.qt_leaks import leftovers


@pytest.mark.usefixtures("qapp")
def test_what_works_is_found_and_what_rests_is_not() -> None:
    gc.freeze()
    timer, animation, thread = QTimer(), QVariantAnimation(), QThread()
    animation.setStartValue(0)
    animation.setEndValue(1)
    assert leftovers() == []
    timer.start(60_000)
    animation.start()
    thread.start()
    assert sorted(words.split()[0] for words in leftovers()) == ["QThread", "QTimer", "QVariantAnimation"]
    timer.stop()
    animation.stop()
    thread.quit()
    thread.wait()
    assert leftovers() == []
    gc.unfreeze()
