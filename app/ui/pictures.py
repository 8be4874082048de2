"""Pictures made small enough for the model and for the data channel. Pure; belongs on a worker thread, for it takes
up to a second: QImage, its reader and a painter on it are safe there (Qt's page "Threads and Painting").
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QColorSpace, QImage, QImageReader, QImageWriter, QPainter

from app.conversation.troubles import PictureUnusable

LONGEST_SIDE_PX: Final = 1536
SHORTEST_LONGEST_SIDE_PX: Final = 64
"""Smaller than that, nothing can be seen any more."""
LONGEST_FILE_BYTES: Final = 64 * 1024 * 1024
MOST_PIXELS: Final = 50_000_000
"""200 MB once decoded; Qt's own limit of 256 MB stands behind it."""
_SHRINK: Final = 0.75
_JPEG_QUALITIES: Final = (85, 70, 55)
# The formats that models take. SVG, which Qt reads too, can name other files to be drawn.
_FORMATS: Final = ("png", "jpeg", "gif", "webp")
_LOSSY: Final = ("jpeg", "webp")


def picture_as_data_uri(picture: Path | QImage, *, limit_bytes: int = 180_000) -> str:
    """The picture as a data URI of at most ``limit_bytes``, upright and without metadata; raises PictureUnusable.

    The longest side is at most LONGEST_SIDE_PX. PNG for what keeps its edges (screen shots, drawings, transparency) as
    long as it fits, JPEG on white otherwise. Of an animation, the first frame.
    """
    image, is_photo = (QImage(picture), False) if isinstance(picture, QImage) else _read(picture)
    if image.isNull():
        raise PictureUnusable("it is empty")
    image = _plain(image)
    for size in _sizes(image.size()):
        for kind, data in _encodings(_redrawn(image, size), is_photo=is_photo):
            uri = f"data:image/{kind};base64,{bytes(data.toBase64().data()).decode()}"
            if len(uri) <= limit_bytes:
                return uri
    raise PictureUnusable("it cannot be made small enough")


def _read(path: Path) -> tuple[QImage, bool]:
    """The picture turned upright, and whether it is stored as photos are."""
    content = _content(path)
    buffer = QBuffer()
    buffer.setData(QByteArray(content))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    kind = bytes(reader.format().data()).decode()
    if kind not in _FORMATS:
        raise PictureUnusable("it is not a PNG, JPEG, GIF or WebP picture")
    size = reader.size()
    if size.width() * size.height() > MOST_PIXELS:
        raise PictureUnusable(f"it has more than {MOST_PIXELS // 1_000_000} million pixels")
    if kind == "jpeg":
        if not _is_whole(content):
            raise PictureUnusable("the file is damaged or cut short")
        reader.setScaledSize(_at_most(size, LONGEST_SIDE_PX))  # which its decoder does much faster
    image = reader.read()
    if image.isNull():
        raise PictureUnusable("the file is damaged or cut short")
    return image, kind in _LOSSY


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():  # a pipe would never end
            raise PictureUnusable("it is not a file")
        with path.open("rb") as file:
            content = file.read(LONGEST_FILE_BYTES + 1)
    except OSError as error:
        raise PictureUnusable("the file cannot be read") from error
    if len(content) > LONGEST_FILE_BYTES:
        raise PictureUnusable(f"the file is larger than {LONGEST_FILE_BYTES // 1024**2} MB")
    return content


def _is_whole(jpeg: bytes) -> bool:
    """Whether the end marker follows the picture's data (ITU-T T.81, B.1.1): Qt fills up with grey what is missing.

    The segments before are skipped by their lengths, for the preview in one of them has an end marker of its own.
    """
    at = 2
    while jpeg[at : at + 1] == b"\xff" and jpeg[at + 1 : at + 2] != b"\xda":
        is_fill = jpeg[at + 1 : at + 2] == b"\xff"
        at += 1 if is_fill else 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return jpeg.find(b"\xff\xd9", at) >= 0


def _plain(image: QImage) -> QImage:
    """One image pixel per pixel and in sRGB, which viewers assume where no profile says otherwise."""
    image.setDevicePixelRatio(1.0)
    if image.colorSpace().isValid():
        image = image.convertedToColorSpace(QColorSpace(QColorSpace.NamedColorSpace.SRgb))
    return image


def _sizes(size: QSize) -> Iterator[QSize]:
    """Ever smaller ones, from what the model can make use of."""
    longest = min(LONGEST_SIDE_PX, max(size.width(), size.height()))
    yield _at_most(size, longest)
    while (longest := int(longest * _SHRINK)) >= SHORTEST_LONGEST_SIDE_PX:
        yield _at_most(size, longest)


def _at_most(size: QSize, longest: int) -> QSize:
    if max(size.width(), size.height()) <= longest:
        return size
    return size.scaled(longest, longest, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1))


def _redrawn(image: QImage, size: QSize) -> QImage:
    """Pixels only: texts, profile and resolution stay behind, for writers would put them into the file."""
    if size != image.size():
        image = image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
    fresh = QImage(size, QImage.Format.Format_ARGB32 if image.hasAlphaChannel() else QImage.Format.Format_RGB32)
    fresh.fill(Qt.GlobalColor.transparent)
    _paint(image, fresh)
    return fresh


def _encodings(image: QImage, *, is_photo: bool) -> Iterator[tuple[str, QByteArray]]:
    """Kind and file content, best first."""
    if not is_photo or image.hasAlphaChannel():
        yield "png", _encoded(image, "png")
    flat = QImage(image.size(), QImage.Format.Format_RGB32)
    flat.fill(Qt.GlobalColor.white)
    _paint(image, flat)
    for quality in _JPEG_QUALITIES:
        yield "jpeg", _encoded(flat, "jpeg", quality)


def _paint(image: QImage, onto: QImage) -> None:
    painter = QPainter(onto)
    painter.drawImage(0, 0, image)
    painter.end()


def _encoded(image: QImage, kind: str, quality: int = -1) -> QByteArray:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, QByteArray(kind.encode()))
    writer.setQuality(quality)
    if not writer.write(image):
        raise PictureUnusable("it cannot be encoded")
    return buffer.data()
