import threading
from base64 import b64decode
from pathlib import Path

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QCoreApplication, QIODevice, QMimeData, QThreadPool, QUrl
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from app.conversation.troubles import PictureUnusable
from app.ui import attachment as room
from app.ui.attachment import PREVIEW_PX, Attachment, Picture, Source, picture_in
from app.ui.pictures import picture_as_data_uri

pytestmark = pytest.mark.usefixtures("appearance")


def drawn(width: int = 200, height: int = 100) -> QImage:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("#336699"))
    return image


def png(image: QImage) -> QByteArray:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    assert image.save(buffer, "PNG")  # type: ignore[call-overload]
    return buffer.data()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lamp.PNG"
    assert drawn().save(str(path))
    return path


@pytest.mark.parametrize("kind", ["file", "image", "content"])
def test_a_picture_is_made_small_elsewhere(qtbot: QtBot, file: Path, kind: str) -> None:
    sources: dict[str, Source] = {"file": file, "image": drawn(), "content": png(drawn())}
    attachment = Attachment()
    with qtbot.waitSignals([attachment.changed, attachment.changed]):
        attachment.take(sources[kind], "lamp.png")
        assert attachment.in_work
    picture = attachment.picture
    assert isinstance(picture, Picture)
    assert picture.data_uri.startswith("data:image/png;base64,")
    assert QImage.fromData(b64decode(picture.data_uri.partition(",")[2])).width() == 200
    assert picture.preview.width() == picture.preview.height() == PREVIEW_PX
    assert "base64" not in repr(picture)
    assert attachment.name == "lamp.png"


def test_the_window_does_not_wait_for_it(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []

    def noted(picture: Path | QImage) -> str:
        threads.append(threading.current_thread())
        return picture_as_data_uri(picture)

    monkeypatch.setattr(room, "picture_as_data_uri", noted)
    attachment = Attachment()
    with qtbot.waitSignals([attachment.changed, attachment.changed]):
        attachment.take(drawn(), "lamp")
    assert threads
    assert threads[0] is not threading.main_thread()


def test_what_cannot_be_sent_is_refused(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "lamp.png"
    path.write_text("no picture")
    attachment = Attachment()
    with qtbot.waitSignal(attachment.refused) as refused:
        attachment.take(path, path.name)
    assert refused.args is not None
    assert isinstance(refused.args[0], PictureUnusable)
    assert (attachment.picture, attachment.name, attachment.in_work) == (None, "", False)


def test_the_last_one_counts(qtbot: QtBot, file: Path) -> None:
    attachment = Attachment()
    attachment.take(file, "first")
    attachment.take(drawn(300, 300), "second")
    qtbot.waitUntil(lambda: attachment.picture is not None)
    assert attachment.name == "second"
    assert attachment.picture is not None
    assert QImage.fromData(b64decode(attachment.picture.data_uri.partition(",")[2])).width() == 300


def test_what_was_removed_does_not_come_back(qtbot: QtBot, file: Path) -> None:
    attachment = Attachment()
    attachment.take(file, "first")
    attachment.remove()
    assert QThreadPool.globalInstance().waitForDone(20_000)
    QCoreApplication.sendPostedEvents(attachment)
    assert attachment.picture is None
    with qtbot.assertNotEmitted(attachment.changed):
        attachment.remove()


def test_words_come_first_when_pasted_and_pictures_when_dropped() -> None:
    offer = QMimeData()
    offer.setImageData(drawn())
    assert picture_in(offer, words_first=True) is not None
    offer.setText("A table")
    assert picture_in(offer, words_first=True) is None
    assert picture_in(offer, words_first=False) is not None


def test_a_copied_file_is_a_picture_by_its_ending(file: Path, tmp_path: Path) -> None:
    offer = QMimeData()
    offer.setUrls([QUrl.fromLocalFile(str(tmp_path / "letter.odt")), QUrl("https://example.org/lamp.png")])
    assert picture_in(offer, words_first=True) is None
    offer.setUrls([QUrl.fromLocalFile(str(tmp_path / "letter.odt")), QUrl.fromLocalFile(str(file))])
    found = picture_in(offer, words_first=True)
    assert found is not None
    assert found() == file


def test_an_encoded_picture_is_not_decoded_here() -> None:
    offer = QMimeData()
    offer.setData("image/png", png(drawn()))
    found = picture_in(offer, words_first=True)
    assert found is not None
    assert isinstance(found(), QByteArray)
