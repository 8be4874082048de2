import base64
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtGui import QColor, QColorSpace, QImage, QImageReader, QImageWriter

from app.conversation.troubles import PictureUnusable
from app.ui.pictures import LONGEST_FILE_BYTES, LONGEST_SIDE_PX, picture_as_data_uri

RED, BLUE, CLEAR = QColor("red"), QColor("blue"), QColor(0, 0, 0, 0)


def halves(left: QColor = RED, right: QColor = BLUE, *, width: int = 64, height: int = 32) -> QImage:
    image = QImage(width, height, QImage.Format.Format_ARGB32)
    image.fill(left)
    for x in range(width // 2, width):
        for y in range(height):
            image.setPixelColor(x, y, right)
    return image


def noise(width: int, height: int) -> QImage:
    """What compresses worst."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.bits(), dtype=np.uint8)
    pixels[:] = np.random.default_rng(7).integers(0, 256, pixels.size)
    return image


def encoded(image: QImage, kind: str) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    assert QImageWriter(buffer, QByteArray(kind.encode())).write(image)
    return bytes(buffer.data().data())


def content(uri: str) -> tuple[str, bytes]:
    head, _, data = uri.partition(",")
    assert head.startswith("data:image/")
    assert head.endswith(";base64")
    return head[len("data:image/") : -len(";base64")], base64.b64decode(data, validate=True)


def shown(uri: str) -> QImage:
    """The picture as a model would see it, which reads no orientation tag."""
    kind, data = content(uri)
    image = QImage.fromData(QByteArray(data))
    assert not image.isNull()
    assert data.startswith(b"\x89PNG" if kind == "png" else b"\xff\xd8")
    return image


def colour(image: QImage, x: float, y: float) -> str:
    """The nearest plain colour at a place given in shares of width and height; JPEG is never quite exact."""
    pixel = image.pixelColor(int(x * image.width()), int(y * image.height()))
    if pixel.alpha() < 128:
        return "clear"
    return "".join(
        letter for letter, value in zip("rgb", (pixel.red(), pixel.green(), pixel.blue()), strict=True) if value > 127
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "picture"  # no suffix: what counts is what is inside


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_orientation(jpeg: bytes, orientation: int) -> bytes:
    """The JPEG with an Exif segment (TIFF header, one directory, tag 0x0112) and a preview of its own in it."""
    preview = encoded(halves(), "jpeg")
    tiff = b"II*\0\x08\0\0\0" + struct.pack("<HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0) + preview
    segment = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:]


GIF_OF_TWO = (
    b"GIF89a\x02\0\x01\0\x80\0\0\xff\0\0\0\0\xff"  # 2 × 1, palette of red and blue
    b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    b"!\xf9\x04\x04\x0a\0\0\0,\0\0\0\0\x02\0\x01\0\0\x02\x02\x44\x0a\0"  # red, blue
    b"!\xf9\x04\x04\x0a\0\0\0,\0\0\0\0\x02\0\x01\0\0\x02\x02\x4c\x0a\0"  # blue, blue
    b";"
)


def test_a_png_keeps_its_transparency(file: Path) -> None:
    file.write_bytes(encoded(halves(RED, CLEAR), "png"))

    uri = picture_as_data_uri(file)

    assert content(uri)[0] == "png"
    assert [colour(shown(uri), x, 0.5) for x in (0.25, 0.75)] == ["r", "clear"]


def test_transparency_becomes_white_where_png_is_too_large(file: Path) -> None:
    image = noise(400, 400).convertToFormat(QImage.Format.Format_ARGB32)
    for x in range(200):
        for y in range(400):
            image.setPixelColor(x, y, CLEAR)
    file.write_bytes(encoded(image, "png"))

    uri = picture_as_data_uri(file)

    assert content(uri)[0] == "jpeg"
    assert colour(shown(uri), 0.2, 0.5) == "rgb"


@pytest.mark.parametrize("kind", ["jpeg", "webp"])
def test_a_photo_becomes_jpeg(file: Path, kind: str) -> None:
    file.write_bytes(encoded(halves().convertToFormat(QImage.Format.Format_RGB32), kind))

    uri = picture_as_data_uri(file)

    assert content(uri)[0] == "jpeg"
    assert [colour(shown(uri), x, 0.5) for x in (0.2, 0.8)] == ["r", "b"]


@pytest.mark.parametrize(
    ("orientation", "size", "left_top", "right_bottom"),
    [
        (1, (64, 32), "r", "b"),
        (3, (64, 32), "b", "r"),
        (6, (32, 64), "r", "b"),
        (8, (32, 64), "b", "r"),
    ],
)
def test_a_photo_taken_sideways_is_upright(
    file: Path, orientation: int, size: tuple[int, int], left_top: str, right_bottom: str
) -> None:
    jpeg = encoded(halves().convertToFormat(QImage.Format.Format_RGB32), "jpeg")
    file.write_bytes(with_orientation(jpeg, orientation))

    uri = picture_as_data_uri(file)

    image = shown(uri)
    assert (image.width(), image.height()) == size
    assert (colour(image, 0.1, 0.1), colour(image, 0.9, 0.9)) == (left_top, right_bottom)
    assert b"Exif" not in content(uri)[1]


def test_a_large_photo_taken_sideways_is_upright_and_smaller(file: Path) -> None:
    image = halves(width=3000, height=1000).convertToFormat(QImage.Format.Format_RGB32)
    file.write_bytes(with_orientation(encoded(image, "jpeg"), 6))

    image = shown(picture_as_data_uri(file))

    assert (image.width(), image.height()) == (512, LONGEST_SIDE_PX)
    assert (colour(image, 0.5, 0.1), colour(image, 0.5, 0.9)) == ("r", "b")


@pytest.mark.parametrize(
    ("size", "fitted"),
    [
        ((1, 1), (1, 1)),
        ((1536, 10), (1536, 10)),
        ((3072, 1536), (1536, 768)),
        ((1000, 2000), (768, 1536)),
        ((8000, 2), (1536, 1)),
    ],
)
def test_the_longest_side_is_bounded(size: tuple[int, int], fitted: tuple[int, int]) -> None:
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(RED)

    image = shown(picture_as_data_uri(image))

    assert (image.width(), image.height()) == fitted
    assert colour(image, 0.5, 0.5) == "r"


@pytest.mark.parametrize("limit_bytes", [180_000, 60_000, 9_000])
def test_it_fits_whatever_it_shows(limit_bytes: int) -> None:
    uri = picture_as_data_uri(noise(1600, 1200), limit_bytes=limit_bytes)

    assert len(uri) <= limit_bytes
    image = shown(uri)
    assert image.width() / image.height() == pytest.approx(4 / 3, rel=0.03)


def test_a_limit_nothing_fits() -> None:
    with pytest.raises(PictureUnusable, match="small enough"):
        picture_as_data_uri(noise(400, 300), limit_bytes=100)


def test_a_picture_from_the_clipboard_is_left_as_it_was() -> None:
    image = halves()
    image.setDevicePixelRatio(2.0)
    before = image.copy()

    uri = picture_as_data_uri(image)

    assert (shown(uri).width(), shown(uri).height()) == (64, 32)
    assert [colour(shown(uri), x, 0.5) for x in (0.25, 0.75)] == ["r", "b"]
    assert image == before
    assert image.devicePixelRatio() == 2.0


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_metadata_stay_behind(file: Path, kind: str) -> None:
    image = halves().convertToFormat(QImage.Format.Format_RGB32)
    image.setText("Author", "somebody-at-home")
    image.setColorSpace(QColorSpace(QColorSpace.NamedColorSpace.DisplayP3))
    image.setDotsPerMeterX(12345)
    file.write_bytes(encoded(image, kind))
    assert b"somebody-at-home" in file.read_bytes()

    data = content(picture_as_data_uri(file))[1]

    assert b"somebody" not in data
    assert b"ICC_PROFILE" not in data
    assert b"iCCP" not in data
    assert shown(picture_as_data_uri(file)).dotsPerMeterX() != 12345


def test_colours_of_a_wide_profile_look_the_same() -> None:
    image = halves(QColor(0, 200, 0), QColor(0, 200, 0))
    image.setColorSpace(QColorSpace(QColorSpace.NamedColorSpace.DisplayP3))

    pixel = shown(picture_as_data_uri(image)).pixelColor(5, 5)

    assert pixel.green() > 200


def test_of_an_animation_the_first_frame(file: Path) -> None:
    file.write_bytes(GIF_OF_TWO)
    frames = QImageReader(str(file))
    assert [frames.read().pixelColor(0, 0).name() for _ in range(2)] == ["#ff0000", "#0000ff"]

    image = shown(picture_as_data_uri(file))

    assert [image.pixelColor(x, 0).name() for x in (0, 1)] == ["#ff0000", "#0000ff"]


def png_header(width: int, height: int) -> bytes:
    rows = zlib.compress(b"\0" * 1000)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(10_000, 10_000), (50_001, 1_000)])
def test_a_bomb_is_not_unpacked(file: Path, size: tuple[int, int]) -> None:
    file.write_bytes(png_header(*size))

    with pytest.raises(PictureUnusable, match="more than 50 million pixels"):
        picture_as_data_uri(file)


def test_a_size_beyond_all_measure(file: Path) -> None:
    file.write_bytes(png_header(2_000_000_000, 2_000_000_000))

    with pytest.raises(PictureUnusable):
        picture_as_data_uri(file)


@pytest.mark.qt_log_ignore("libpng error")
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_a_file_cut_short(file: Path, kind: str, share: float) -> None:
    whole = encoded(noise(200, 200), kind)
    if kind == "jpeg":
        whole = with_orientation(whole, 6)
    file.write_bytes(whole[: int(len(whole) * share)])

    with pytest.raises(PictureUnusable, match="damaged or cut short"):
        picture_as_data_uri(file)


def test_a_photo_with_a_film_behind_it(file: Path) -> None:
    jpeg = encoded(noise(50, 50), "jpeg")
    fill = jpeg[:2] + b"\xff" + jpeg[2:]
    file.write_bytes(fill + b"\0\0\0\x18ftypmp42" + b"\xff\xda" * 100)

    assert shown(picture_as_data_uri(file)).width() == 50


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"just words",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>",
        b"BM" + bytes(100),
    ],
    ids=["empty", "words", "png", "jpeg", "gif", "svg", "bmp"],
)
@pytest.mark.qt_log_ignore("libpng error", "JPEG datastream contains no image")
def test_what_is_no_picture(file: Path, data: bytes) -> None:
    file.write_bytes(data)

    with pytest.raises(PictureUnusable):
        picture_as_data_uri(file)


def test_no_file_a_folder_a_pipe_and_an_empty_image(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    for nothing in (tmp_path / "missing", tmp_path, tmp_path / "pipe", QImage(), Path("a\0b")):
        with pytest.raises(PictureUnusable):
            picture_as_data_uri(nothing)


def test_a_file_that_is_too_large(file: Path) -> None:
    with file.open("wb") as growing:
        growing.truncate(LONGEST_FILE_BYTES + 1)

    with pytest.raises(PictureUnusable, match="larger than 64 MB"):
        picture_as_data_uri(file)


def test_the_trouble_says_what_and_what_to_do() -> None:
    trouble = PictureUnusable("it is empty")

    assert str(trouble) == "The picture cannot be used: it is empty. Choose another picture."


def test_smooth_scaling_keeps_thin_lines() -> None:
    image = QImage(3000, 3000, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    for x in range(0, 3000, 2):
        for y in range(0, 3000, 500):
            image.setPixelColor(x, y, QColor("black"))

    scaled = shown(picture_as_data_uri(image))

    assert scaled.pixelColor(700, 0).lightness() < 250
