from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt, QTimer
from PySide6.QtGui import QAccessible, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QSlider, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.settings import Settings
from app.conversation.troubles import Notice
from app.conversation.view import Levels, Look, Row, Speaker
from app.ui.controls.notice_bar import NoticeBar
from app.ui.controls.pulse import Pulse
from app.ui.controls.talk_button import TalkButton
from app.ui.controls.talk_key import TalkKey
from app.ui.store import Store
from app.ui.transcript.pane import TranscriptPane
from app.ui.window import MainWindow
from tests.support.wishes import Wishes
from tests.unit.ui.windows import Bench

DOWN, UP = QEvent.Type.KeyPress, QEvent.Type.KeyRelease


def space(bench: Bench, kind: QEvent.Type, *, repeated: bool = False) -> None:
    """Send Space to whatever has the focus."""
    receiver: QWidget | None = bench.window.focusWidget()
    assert receiver is not None
    event = QKeyEvent(kind, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, " ", repeated)
    QApplication.sendEvent(receiver, event)


@pytest.fixture(params=["talkButton", "transcript", "volumeSlider"])
def focused(request: pytest.FixtureRequest, bench: Bench) -> Bench:
    bench.child(QWidget, request.param).setFocus(Qt.FocusReason.OtherFocusReason)
    return bench


@pytest.mark.parametrize("marked", [True, False])
def test_space_held_is_one_press_and_one_release(focused: Bench, qtbot: QtBot, marked: bool) -> None:
    """Whether or not the platform marks the repeats as such."""
    focused.show(look=Look.LISTENING)
    space(focused, DOWN)
    for _ in range(5):
        space(focused, UP, repeated=marked)
        space(focused, DOWN, repeated=marked)
    assert focused.wishes.made == [("talk_down",)]
    key = focused.window.findChild(TalkKey)
    assert isinstance(key, TalkKey)
    assert not any(timer.isActive() for timer in key.findChildren(QTimer)), "a release is still to come"
    space(focused, UP)
    qtbot.waitUntil(lambda: focused.wishes.made == [("talk_down",), ("talk_up",)])


def test_space_connects_where_the_button_has_the_focus(bench: Bench) -> None:
    space(bench, DOWN)
    space(bench, UP)
    assert bench.wishes.made == [("connect",)]


def test_leaving_the_window_lets_go(focused: Bench, qtbot: QtBot) -> None:
    focused.show(look=Look.LISTENING)
    space(focused, DOWN)
    other = QWidget()
    other.show()
    other.activateWindow()
    qtbot.waitUntil(other.isActiveWindow)
    assert focused.wishes.made == [("talk_down",), ("talk_up",)]
    space(focused, UP)
    assert focused.wishes.made == [("talk_down",), ("talk_up",)]
    other.close()
    other.deleteLater()


def test_moving_the_focus_lets_go(focused: Bench) -> None:
    focused.show(look=Look.LISTENING)
    space(focused, DOWN)
    focused.child(QLineEdit, "messageField").setFocus()
    assert focused.wishes.made == [("talk_down",), ("talk_up",)]


def test_space_in_the_message_field_is_a_space(bench: Bench) -> None:
    bench.show(look=Look.LISTENING)
    field = bench.child(QLineEdit, "messageField")
    field.setFocus()
    QTest.keyClicks(field, "a b")
    assert field.text() == "a b"
    assert bench.wishes.made == []


def test_space_on_a_button_reached_by_tab_is_that_button(bench: Bench) -> None:
    bench.show(look=Look.LISTENING)
    mute = bench.child(QToolButton, "muteButton")
    mute.setFocus(Qt.FocusReason.TabFocusReason)
    space(bench, DOWN)
    space(bench, UP)
    assert bench.wishes.made == [("set_muted", True)]


def test_a_click_on_a_button_leaves_space_for_talking(bench: Bench, qtbot: QtBot) -> None:
    bench.show(look=Look.LISTENING)
    QTest.mouseClick(bench.child(QToolButton, "muteButton"), Qt.MouseButton.LeftButton)
    space(bench, DOWN)
    space(bench, UP)
    qtbot.waitUntil(lambda: bench.wishes.made == [("set_muted", True), ("talk_down",), ("talk_up",)])


def test_screen_readers_toggle_without_a_click(bench: Bench) -> None:
    mute = bench.child(QToolButton, "muteButton")
    QAccessible.queryAccessibleInterface(mute).actionInterface().doAction("Toggle")
    assert bench.wishes.made == [("set_muted", True)]
    bench.show(muted=True)
    bench.show(muted=False)
    assert bench.wishes.made == [("set_muted", True)]


def test_the_button_connects_while_disconnected(bench: Bench) -> None:
    QTest.mouseClick(bench.child(TalkButton, "talkButton"), Qt.MouseButton.LeftButton)
    assert bench.wishes.made == [("connect",)]


def test_letting_go_after_the_connection_ended_does_not_connect_again(bench: Bench) -> None:
    button = bench.child(TalkButton, "talkButton")
    bench.show(look=Look.LISTENING)
    QTest.mousePress(button, Qt.MouseButton.LeftButton)
    bench.show(look=Look.DISCONNECTED)
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton)
    assert bench.wishes.made == [("talk_down",), ("talk_up",)]


@pytest.mark.parametrize("look", [Look.CONNECTING, Look.RECONNECTING, Look.LEAVING])
def test_the_button_waits_while_coming_or_going(bench: Bench, look: Look) -> None:
    bench.show(look=look)
    QTest.mouseClick(bench.child(TalkButton, "talkButton"), Qt.MouseButton.LeftButton)
    assert bench.wishes.made == []


def test_the_button_is_held_wherever_the_pointer_goes(bench: Bench) -> None:
    bench.show(look=Look.LISTENING, push_to_talk=True)
    button = bench.child(TalkButton, "talkButton")
    QTest.mousePress(button, Qt.MouseButton.LeftButton)
    QTest.mouseMove(button, QPoint(-300, -300))
    assert bench.wishes.made == [("talk_down",)]
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton, pos=QPoint(-300, -300))
    assert bench.wishes.made == [("talk_down",), ("talk_up",)]


def test_a_press_interrupts_the_assistant_and_talks(bench: Bench) -> None:
    bench.show(look=Look.SPEAKING)
    QTest.mousePress(bench.child(TalkButton, "talkButton"), Qt.MouseButton.LeftButton)
    assert bench.wishes.made == [("interrupt",), ("talk_down",)]
    QTest.mouseRelease(bench.child(TalkButton, "talkButton"), Qt.MouseButton.LeftButton)


@pytest.mark.parametrize(
    ("key", "modifiers", "wish"),
    [
        (Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier, ("interrupt",)),
        (Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier, ("set_muted", True)),
        (Qt.Key.Key_F5, Qt.KeyboardModifier.NoModifier, ("rescan_devices",)),
    ],
)
def test_shortcuts(bench: Bench, key: Qt.Key, modifiers: Qt.KeyboardModifier, wish: tuple[object, ...]) -> None:
    bench.show(look=Look.SPEAKING)
    QTest.keyClick(bench.window, key, modifiers)
    assert bench.wishes.made == [wish]


def test_escape_has_nothing_to_interrupt_while_listening(bench: Bench) -> None:
    bench.show(look=Look.LISTENING)
    QTest.keyClick(bench.window, Qt.Key.Key_Escape)
    assert bench.wishes.made == []


def test_hang_up_is_there_when_there_is_something_to_end(bench: Bench) -> None:
    button = bench.child(QToolButton, "hangUpButton")
    assert not button.isEnabled()
    bench.show(look=Look.CONNECTING)
    button.click()
    assert bench.wishes.made == [("disconnect",)]


def test_closing_is_said_once_and_not_decided_upon(bench: Bench, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bench.window.closed):
        QTest.keyClick(bench.window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert bench.wishes.made == []


def test_the_pulse_beats_only_while_the_window_is_seen(bench: Bench, qtbot: QtBot) -> None:
    pulse = bench.window.findChild(Pulse)
    assert isinstance(pulse, Pulse)
    with qtbot.waitSignal(pulse.ticked):
        pass
    bench.window.hide()
    assert not pulse.running
    bench.window.show()
    assert pulse.running


def test_a_notice_is_shown_with_its_remedy_as_a_link(bench: Bench) -> None:
    bar = bench.child(NoticeBar, "noticeBar")
    assert not bar.isVisible()
    bench.show(notice=Notice("The connection was lost.", "Try again.", "connect"))
    assert bar.isVisible()
    assert bar.accessibleName() == "The connection was lost. Try again."
    QTest.mouseClick(bench.child(QWidget, "noticeLink"), Qt.MouseButton.LeftButton)
    bench.child(QToolButton, "dismissNotice").click()
    assert bench.wishes.made == [("connect",), ("dismiss_notice",)]


def test_a_local_notice_is_dismissed_without_asking_anybody(bench: Bench) -> None:
    bench.store.show_notice(Notice("The settings could not be saved."))
    bench.child(QToolButton, "dismissNotice").click()
    assert bench.store.notice is None
    assert not bench.child(NoticeBar, "noticeBar").isVisible()
    assert bench.wishes.made == []


def test_the_volume_is_told_when_a_person_moves_it_and_not_when_the_settings_do(bench: Bench) -> None:
    slider = bench.child(QSlider, "volumeSlider")
    bench.store.show_settings(replace(bench.store.settings, output_volume=0.3))
    assert slider.value() == 30
    assert bench.wishes.made == []
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_PageUp)
    assert bench.wishes.made == [("set_volume", 0.4)]


def test_a_draft_waits_until_it_can_be_sent(bench: Bench) -> None:
    field = bench.child(QLineEdit, "messageField")
    field.setFocus()
    QTest.keyClicks(field, "  hello  ")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert bench.wishes.made == []
    bench.show(can_type=True)
    bench.child(QToolButton, "sendButton").click()
    assert bench.wishes.made == [("send_text", "hello")]
    assert field.text() == ""
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert bench.wishes.made == [("send_text", "hello")]


def test_state_is_told_by_words_to_screen_readers(bench: Bench) -> None:
    button = bench.child(TalkButton, "talkButton")
    names = set()
    for look in Look:
        bench.show(look=look, status=look.value, hint="…")
        names.add((button.accessibleName(), button.accessibleDescription()))
        assert bench.child(QWidget, "statusLine").accessibleName() == f"{look.value}. …"
    assert len(names) == len(Look)


@pytest.mark.parametrize(
    "name",
    [
        "microphonePicker", "speakerPicker", "muteButton", "talkButton", "hangUpButton", "messageField", "sendButton",
        "statusLine", "transcript", "microphoneMeter", "speakerMeter", "volumeSlider", "profileChip", "settingsButton",
        "moreButton",
    ],
)  # fmt: skip
def test_everything_one_can_use_has_a_name_for_screen_readers(bench: Bench, name: str) -> None:
    assert bench.child(QWidget, name).accessibleName()


def test_everything_one_can_use_is_reached_by_the_keyboard(bench: Bench) -> None:
    bench.show(look=Look.LISTENING, can_type=True, rows=(Row("1", Speaker.USER, "Hello"),))
    bench.child(QLineEdit, "messageField").setText("x")
    reached = set()
    for _ in range(30):
        QTest.keyClick(QApplication.focusWidget() or bench.window, Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        reached.add(focused.objectName() if focused else "")
    assert reached >= {
        "profileChip", "settingsButton", "moreButton", "transcript", "messageField", "sendButton", "muteButton",
        "talkButton", "hangUpButton", "microphonePicker", "speakerPicker", "volumeSlider",
    }  # fmt: skip


def test_it_fits_a_small_window(bench: Bench) -> None:
    bench.window.resize(360, 560)
    assert (bench.window.width(), bench.window.height()) == (360, 560)
    bottom = bench.child(QSlider, "volumeSlider")
    assert bottom.mapTo(bench.window, bottom.rect().bottomLeft()).y() <= 560
    assert bench.child(TranscriptPane, "transcript").height() >= 100


def test_the_first_start_begins_with_a_choice(qtbot: QtBot) -> None:
    store = Store()
    store.show_settings(Settings(welcomed=False))
    window = MainWindow(store, Wishes(), Levels)
    window.show()
    qtbot.waitUntil(lambda: window.findChild(QDialog, "welcomeDialog") is not None)
    window.close()
    window.deleteLater()
