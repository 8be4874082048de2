"""The bar for what went wrong: words, remedy, and how long it still takes."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.troubles import BrokerBusy, Notice, notice_of, words_to_wait
from app.ui.controls.notice_bar import NoticeBar
from app.ui.controls.wrapped_label import WrappedLabel
from app.ui.look.appearance import Appearance


class Clock:
    """Stands until it is set."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.parametrize(
    ("left_s", "wait"),
    [(6.2, "Wait 7 s, "), (60, "Wait 1 min 0 s, "), (3599.5, "Wait 1 h 0 min, "), (86_400, "Wait 24 h 0 min, ")],
)
def test_how_long_it_takes_is_said_as_people_say_it(left_s: float, wait: str) -> None:
    assert words_to_wait(left_s) == f"{wait}then connect again."


def test_nothing_left_to_wait_for() -> None:
    assert words_to_wait(0.0) == "Connect again."
    assert words_to_wait(None) == "Wait, then connect again."


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bar(appearance: Appearance, clock: Clock) -> Iterator[NoticeBar]:
    window = QWidget()
    yield NoticeBar(appearance, window, clock_s=clock)
    window.close()
    window.deleteLater()


def remedy(bar: NoticeBar) -> str:
    label = bar.findChild(WrappedLabel, "noticeRemedy")
    assert isinstance(label, WrappedLabel)
    return label.text()


def test_it_counts_down_and_then_lets_try_again(bar: NoticeBar, clock: Clock, qtbot: QtBot) -> None:
    busy = notice_of(BrokerBusy(7.0))
    bar.show_notice(Notice(busy.sentence, busy.remedy, busy.action, ready_at_s=107.0))
    link = bar.findChild(QPushButton, "noticeLink")
    assert isinstance(link, QPushButton)
    assert remedy(bar) == "Wait 7 s, then connect again."
    assert not link.isEnabled()
    clock.now_s = 104.5
    qtbot.waitUntil(lambda: remedy(bar) == "Wait 3 s, then connect again.")
    assert bar.accessibleName().endswith("Wait 7 s, then connect again.")
    clock.now_s = 107.0
    qtbot.waitUntil(lambda: remedy(bar) == "Connect again.")
    assert link.isEnabled()
    bar.show_notice(Notice("Something else."))
    assert remedy(bar) == ""
