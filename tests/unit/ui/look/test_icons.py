import re
import sys

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage

from app.ui.look import icons
from app.ui.resources import ICONS

pytestmark = pytest.mark.usefixtures("qapp")
NAMES = sorted(path.stem for path in ICONS.glob("*.svg"))


@pytest.mark.parametrize("name", NAMES)
def test_each_drawing_is_valid_and_of_one_family(name: str) -> None:
    assert icons.drawing(name, "#123456").isValid()
    text = (ICONS / f"{name}.svg").read_text(encoding="utf-8")
    assert 'viewBox="0 0 24 24"' in text
    assert ("currentColor" in text) is not name.startswith("grey-")


@pytest.mark.parametrize("scale", [1.0, 1.25, 1.5, 2.0])
def test_an_icon_has_real_pixels_at_every_scale(scale: float) -> None:
    picture = icons.icon("mic", "#ff0000").pixmap(QSize(20, 20), scale)
    assert picture.devicePixelRatio() == scale
    assert picture.width() == round(20 * scale)


def test_an_icon_has_the_colour_it_was_asked_for() -> None:
    picture = icons.pixmap("mic", "#ff0000", 20, 2.0).toImage()
    inked = [colour for colour in _pixels(picture) if colour.alpha() == 255]
    assert inked
    assert {colour.name() for colour in inked} == {"#ff0000"}


def test_every_icon_that_the_code_names_is_there() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ICONS.parents[1] / "app" / "ui").rglob("*.py"))
    named = set(re.findall(r'IconButton\("([a-z-]+)"|set_face\("([a-z-]+)"|drawing\("([a-z-]+)"', sources))
    assert {name for names in named for name in names if name} <= set(NAMES)


def test_the_application_has_an_icon_in_all_usual_sizes() -> None:
    sizes = {size.width() for size in icons.app_icon().availableSizes()}
    assert sizes == {16, 24, 32, 48, 64, 128} | (set() if sys.platform == "linux" else {256, 512})


def _pixels(picture: QImage) -> list[QColor]:
    return [picture.pixelColor(x, y) for x in range(picture.width()) for y in range(picture.height())]
