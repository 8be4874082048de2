import pytest
from PySide6.QtCore import Qt

from app.ui.controls.elided_label import ElidedLabel

pytestmark = pytest.mark.usefixtures("appearance")


@pytest.mark.parametrize(
    ("mode", "end"), [(Qt.TextElideMode.ElideRight, "…"), (Qt.TextElideMode.ElideMiddle, "harbour.jpeg")]
)
def test_it_shows_what_fits_and_tells_everything(mode: Qt.TextElideMode, end: str) -> None:
    label = ElidedLabel(mode)
    words = "The lighthouse at the very end of the harbour.jpeg"
    label.show_words(words)
    label.resize(200, 20)
    label.show()
    assert "…" in label.text()
    assert label.text().endswith(end)
    assert (label.toolTip(), label.accessibleName()) == (words, words)
    assert label.fontMetrics().horizontalAdvance(label.text()) <= 200
    label.resize(1000, 20)
    assert label.text() == words
    label.close()
    label.deleteLater()
