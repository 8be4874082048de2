"""Own icons, recoloured from SVG and sharp at every scale."""

import sys
from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.ui.resources import ICONS, RESOURCES

SIZE = 20
"""Logical pixels of an icon in a button or row; the drawings have a box of 24."""
_SCALES = (1.0, 1.25, 1.5, 1.75, 2.0, 3.0)
_APP_ICON_SIZES = (16, 24, 32, 48, 64, 128)
_LARGE_APP_ICON_SIZES = (256, 512)


@lru_cache(maxsize=256)
def drawing(name: str, colour: str) -> QSvgRenderer:
    """The icon as a drawing that a painter can render at any size."""
    text = (ICONS / f"{name}.svg").read_text(encoding="utf-8")
    return QSvgRenderer(QByteArray(text.replace("currentColor", colour).encode()))


def pixmap(name: str, colour: str, size: int, scale: float) -> QPixmap:
    """The icon at a logical size on a screen of this scale."""
    picture = QPixmap(QSize(round(size * scale), round(size * scale)))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    drawing(name, colour).render(painter, QRectF(picture.rect()))
    painter.end()
    picture.setDevicePixelRatio(scale)
    return picture


@lru_cache(maxsize=256)
def icon(name: str, colour: str, size: int = SIZE) -> QIcon:
    """The icon for buttons and menus, drawn for each usual scale."""
    result = QIcon()
    for scale in _SCALES:
        result.addPixmap(pixmap(name, colour, size, scale))
    return result


def app_icon() -> QIcon:
    """The icon of the application.

    An X server is given all sizes before the first paint, 1.4 MB with the large ones; where large ones are shown there,
    they come from the menu entry.
    """
    result = QIcon()
    for size in (*_APP_ICON_SIZES, *(() if sys.platform == "linux" else _LARGE_APP_ICON_SIZES)):
        result.addFile(str(RESOURCES / "app-icon" / f"parlance-{size}.png"), QSize(size, size))
    return result
