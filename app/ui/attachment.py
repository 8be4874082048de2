"""The picture that goes with the next message."""

from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

import shiboken6
from PySide6.QtCore import QByteArray, QMimeData, QObject, QRect, QSize, Qt, QThreadPool, Signal
from PySide6.QtGui import QImage

from app.conversation.troubles import PictureUnusable
from app.ui.pictures import picture_as_data_uri

Source: TypeAlias = Path | QImage | QByteArray
"""A file, a picture in memory, or the content of a file."""

PREVIEW_PX: Final = 120
"""The preview is a square of so many pixels: enough for 40 of them at every scale."""
ENDINGS: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp")
_PNG: Final = "image/png"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is ready to be sent."""

    data_uri: str = field(repr=False)
    preview: QImage = field(repr=False, compare=False)


@dataclass(frozen=True, eq=False, slots=True)
class _Work:
    """One picture that is being made small. Each is itself alone: a later one makes an earlier one worthless."""

    source: Source
    name: str


class Attachment(QObject):
    """Nothing, a picture in work, or a picture. Driven by ``take`` and ``remove``, on the GUI thread.

    The work itself, up to a second, is done in a thread of Qt's pool. Signals:
        changed(): ``name``, ``picture`` or ``in_work``.
        refused(PictureUnusable): the last one taken cannot be sent.
    """

    changed = Signal()
    refused = Signal(object)
    _done = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.name = ""
        """What the person calls it: the name of the file."""
        self.picture: Picture | None = None
        self._work: _Work | None = None
        self._done.connect(self._finish, Qt.ConnectionType.QueuedConnection)

    @property
    def in_work(self) -> bool:
        """Whether a picture is being made small."""
        return self._work is not None

    def take(self, source: Source, name: str) -> None:
        """Use this picture from now on."""
        self.name, self.picture = name, None
        self._work = work = _Work(source, name)
        QThreadPool.globalInstance().start(lambda: self._do(work))
        self.changed.emit()

    def take_from(self, offer: QMimeData, *, words_first: bool) -> bool:
        """Use the picture that is offered, if there is one."""
        found = picture_in(offer, words_first=words_first)
        if found is not None:
            self.take(found(), _name_of(offer))
        return found is not None

    def remove(self) -> None:
        """Use none."""
        if self.in_work or self.picture is not None:
            self.name, self.picture, self._work = "", None, None
            self.changed.emit()

    def _do(self, work: _Work) -> None:
        """On a thread of the pool. The window may have gone meanwhile."""
        result = _made_small(work.source)
        if shiboken6.isValid(self):
            self._done.emit(work, result)

    def _finish(self, work: _Work, result: Picture | PictureUnusable) -> None:
        if work is not self._work:
            return
        if isinstance(result, PictureUnusable):
            self.remove()
            self.refused.emit(result)
        else:
            self.picture, self._work = result, None
            self.changed.emit()


def picture_in(offer: QMimeData, *, words_first: bool) -> Callable[[], Source] | None:
    """How to get the picture that the clipboard or a drag offers; None if it offers none.

    Offices copy a table as words and as a picture of it; with ``words_first`` such an offer is words. Nothing is
    fetched yet: while something is dragged over the window that would be done over and over.
    """
    file = _file_in(offer)
    if file is not None:
        return lambda: file
    if words_first and offer.hasFormat("text/plain"):
        return None
    if offer.hasFormat(_PNG):  # decoded later, in the pool
        return lambda: offer.data(_PNG)
    return (lambda: _image_of(offer)) if offer.hasImage() else None


def _file_in(offer: QMimeData) -> Path | None:
    files = (Path(url.toLocalFile()) for url in offer.urls() if url.isLocalFile())
    return next((file for file in files if file.suffix.lower() in ENDINGS), None)


def _name_of(offer: QMimeData) -> str:
    file = _file_in(offer)
    return file.name if file is not None else "Picture"


def _image_of(offer: QMimeData) -> QImage:
    image = offer.imageData()
    return image if isinstance(image, QImage) else QImage()


def _made_small(source: Source) -> Picture | PictureUnusable:
    picture = QImage.fromData(source) if isinstance(source, QByteArray) else source
    try:
        data_uri = picture_as_data_uri(picture)
    except PictureUnusable as trouble:
        return trouble
    return Picture(data_uri, _preview(QImage.fromData(b64decode(data_uri.partition(",")[2]))))


def _preview(image: QImage) -> QImage:
    """The middle of it, square."""
    side = min(image.width(), image.height())
    middle = QRect(0, 0, side, side)
    middle.moveCenter(image.rect().center())
    size = QSize(PREVIEW_PX, PREVIEW_PX)
    return image.copy(middle).scaled(
        size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
