from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QFrame, QLabel, QLineEdit, QToolButton
from pytestqt.qtbot import QtBot

from app.conversation.view import Look
from app.ui.controls.notice_bar import NoticeBar
from tests.unit.ui.windows import Bench

COPY = Qt.DropAction.CopyAction
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def drawn() -> QImage:
    image = QImage(64, 64, QImage.Format.Format_RGB32)
    image.fill(QColor("#336699"))
    return image


@pytest.fixture
def live(bench: Bench) -> Iterator[Bench]:
    """A conversation that takes words and pictures."""
    bench.show(look=Look.LISTENING, can_type=True)
    yield bench
    QGuiApplication.clipboard().clear()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lamp.png"
    assert drawn().save(str(path))
    return path


def field(bench: Bench) -> QLineEdit:
    return bench.child(QLineEdit, "messageField")


def chip(bench: Bench) -> QFrame:
    return bench.child(QFrame, "pictureChip")


def send(bench: Bench) -> QToolButton:
    return bench.child(QToolButton, "sendButton")


def paste(bench: Bench, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setImage(drawn())
    QTest.keyClick(field(bench), Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(send(bench).isEnabled)


def sent(bench: Bench) -> tuple[object, ...]:
    (wish,) = bench.wishes.made
    assert str(wish[1]).startswith("data:image/")
    return (wish[0], wish[2])


def test_a_pasted_picture_is_sent_alone(live: Bench, qtbot: QtBot) -> None:
    assert not chip(live).isVisible()
    paste(live, qtbot)
    assert chip(live).isVisible()
    assert chip(live).accessibleName() == "Picture: Picture"
    send(live).click()
    assert sent(live) == ("send_picture", "")
    assert not chip(live).isVisible()
    assert not send(live).isEnabled()


def test_it_goes_with_the_words(live: Bench, qtbot: QtBot) -> None:
    paste(live, qtbot)
    field(live).setText(" What is this? ")
    QTest.keyClick(field(live), Qt.Key.Key_Return)
    assert sent(live) == ("send_picture", "What is this?")
    assert field(live).text() == ""


def test_it_can_be_pasted_wherever_the_focus_is(live: Bench, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setImage(drawn())
    live.child(QToolButton, "muteButton").setFocus()
    QTest.keyClick(live.window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(send(live).isEnabled)
    assert field(live).hasFocus()


def test_words_are_pasted_as_words(live: Bench) -> None:
    QGuiApplication.clipboard().setText("hello")
    QTest.keyClick(field(live), Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert field(live).text() == "hello"
    assert not chip(live).isVisible()


def test_it_can_be_taken_away_again(live: Bench, qtbot: QtBot) -> None:
    paste(live, qtbot)
    live.child(QToolButton, "removePicture").click()
    assert not chip(live).isVisible()
    assert not send(live).isEnabled()
    assert live.wishes.made == []


def test_a_draft_with_a_picture_waits_for_the_connection(live: Bench, qtbot: QtBot) -> None:
    paste(live, qtbot)
    live.show(look=Look.RECONNECTING, can_type=False)
    assert chip(live).isVisible()
    assert not send(live).isEnabled()
    QTest.keyClick(field(live), Qt.Key.Key_Return)
    assert live.wishes.made == []
    live.show(look=Look.LISTENING, can_type=True)
    send(live).click()
    assert sent(live) == ("send_picture", "")


def test_without_a_connection_nothing_is_attached(bench: Bench) -> None:
    assert not bench.child(QToolButton, "attachButton").isEnabled()
    QGuiApplication.clipboard().setImage(drawn())
    QTest.keyClick(field(bench), Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert not chip(bench).isVisible()
    assert not enter(bench, dragged()).isAccepted()
    QGuiApplication.clipboard().clear()


@pytest.mark.qt_log_ignore("propagateSizeHints")
def test_a_file_is_chosen(live: Bench, file: Path, qtbot: QtBot) -> None:
    live.child(QToolButton, "attachButton").click()
    (dialog,) = live.window.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(file))
    qtbot.waitUntil(send(live).isEnabled)
    assert chip(live).accessibleName() == "Picture: lamp.png"
    dialog.close()


def test_a_damaged_file_is_said_to_be(live: Bench, file: Path, qtbot: QtBot) -> None:
    file.write_bytes(b"no picture")
    offer = QMimeData()
    offer.setUrls([QUrl.fromLocalFile(str(file))])
    enter(live, offer)
    drop(live, offer)
    notice = live.child(NoticeBar, "noticeBar")
    qtbot.waitUntil(notice.isVisible)
    assert "picture cannot be used" in notice.accessibleName()
    assert not chip(live).isVisible()
    paste(live, qtbot)
    assert not notice.isVisible()


def dragged() -> QMimeData:
    offer = QMimeData()
    offer.setImageData(drawn())
    return offer


def enter(bench: Bench, offer: QMimeData) -> QDragEnterEvent:
    event = QDragEnterEvent(QPoint(100, 100), COPY, offer, LEFT, NONE)
    event.ignore()
    QCoreApplication.sendEvent(bench.window, event)
    return event


def drop(bench: Bench, offer: QMimeData) -> None:
    QCoreApplication.sendEvent(bench.window, QDropEvent(QPointF(100, 100), COPY, offer, LEFT, NONE))


def test_the_window_is_a_place_to_drop_a_picture(live: Bench, qtbot: QtBot) -> None:
    place = live.child(QLabel, "dropPlace")
    offer = dragged()
    assert enter(live, offer).isAccepted()
    assert place.isVisible()
    drop(live, offer)
    assert not place.isVisible()
    qtbot.waitUntil(send(live).isEnabled)


def test_a_picture_that_is_dragged_away_leaves_nothing(live: Bench) -> None:
    enter(live, dragged())
    QCoreApplication.sendEvent(live.window, QDragLeaveEvent())
    assert not live.child(QLabel, "dropPlace").isVisible()
    assert not chip(live).isVisible()


def test_words_are_not_dropped_on_the_window(live: Bench) -> None:
    offer = QMimeData()
    offer.setText("hello")
    assert not enter(live, offer).isAccepted()


@pytest.mark.parametrize(("is_picture", "is_taken"), [(True, False), (False, True)])
def test_the_field_takes_words_and_leaves_pictures_to_the_window(live: Bench, is_picture: bool, is_taken: bool) -> None:
    offer = dragged() if is_picture else QMimeData()
    offer.setText("lamp.png")
    event = QDragEnterEvent(QPoint(5, 5), COPY, offer, LEFT, NONE)
    event.ignore()
    field(live).event(event)
    assert event.isAccepted() is is_taken
