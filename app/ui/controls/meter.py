"""A level meter: dBFS from -60 to 0, with a mark at the held peak."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from app.ui.controls.ballistics import FLOOR_DBFS, Ballistics, share
from app.ui.look.appearance import Appearance

_BAR_PX = 6
_TELL_EVERY_S = 1.0


class Meter(QProgressBar):
    """A progress bar for screen readers, told once a second; painted by itself, when it looks different."""

    def __init__(self, name: str, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._ballistics = Ballistics()
        self._shown_px = (0, 0)
        self._untold_s = 0.0
        self.setAccessibleName(name)
        self.setRange(round(FLOOR_DBFS), 0)
        self.setValue(round(FLOOR_DBFS))
        self.setFormat("%v dBFS")
        self.setTextVisible(False)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        appearance.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Long enough to be read, no higher than its bar."""
        return QSize(90, _BAR_PX)

    def minimumSizeHint(self) -> QSize:
        """Readable in a narrow window."""
        return QSize(48, _BAR_PX)

    def read(self, level_dbfs: float, peak_dbfs: float, elapsed_s: float) -> None:
        """Show a reading."""
        self._ballistics.read(level_dbfs, peak_dbfs, elapsed_s)
        self._untold_s += elapsed_s
        if self._untold_s >= _TELL_EVERY_S:
            self._untold_s = 0.0
            self.setValue(min(0, round(self._ballistics.level_dbfs)))
        if self._to_show_px() != self._shown_px:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Track, level in accent, warn and live, and the peak mark."""
        tokens = self._appearance.tokens
        self._shown_px = level, peak = self._to_show_px()
        area = QRectF(0, (self.height() - _BAR_PX) / 2, self.width(), _BAR_PX)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline = QPainterPath()
        outline.addRoundedRect(area, _BAR_PX / 2, _BAR_PX / 2)
        painter.setClipPath(outline)
        painter.fillRect(area, QColor(tokens.track))
        colours = QLinearGradient(area.left(), 0, area.right(), 0)
        for at, colour in ((0.0, tokens.accent), (0.7, tokens.accent), (0.88, tokens.warn), (1.0, tokens.live)):
            colours.setColorAt(at, QColor(colour))
        painter.fillRect(QRectF(area.left(), area.top(), level, area.height()), colours)
        if peak > 0:
            painter.fillRect(QRectF(max(0, peak - 2), area.top(), 2, area.height()), QColor(tokens.text))
        painter.end()

    def _to_show_px(self) -> tuple[int, int]:
        width = self.width()
        return round(share(self._ballistics.level_dbfs) * width), round(share(self._ballistics.peak_dbfs) * width)
