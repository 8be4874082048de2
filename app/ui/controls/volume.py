"""How loud the assistant is."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from app.ui.look.appearance import Appearance
from app.ui.look.icons import SIZE, pixmap


class Volume(QWidget):
    """A slider from 0 to 100 percent.

    Signals:
        changed(volume): a person moved it; 0 to 1.
    """

    changed = Signal(float)

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._told: int | None = None
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setObjectName("volumeSlider")
        self.slider.setAccessibleName("Assistant volume")
        self.slider.setToolTip("How loud the assistant is")
        self.slider.setRange(0, 100)
        self.slider.setPageStep(10)
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.slider.valueChanged.connect(self._say)
        self.setFocusProxy(self.slider)
        self._picture = QLabel(self)
        self._percent = QLabel(self)
        self._percent.setProperty("kind", "caption")
        self._percent.setFixedWidth(self._percent.fontMetrics().horizontalAdvance("100 %"))
        self._percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 0, 12, 0)
        layout.setSpacing(12)
        layout.addWidget(self._picture)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self._percent)
        appearance.changed.connect(self._draw)
        self._draw()
        self.show_volume(1.0)

    def show_volume(self, volume: float) -> None:
        """Stand at this volume, without saying so.

        While a person moves it the echoes of earlier positions still come in; they are not news.
        """
        if self._told is not None:
            if self._told == round(volume * 100):
                self._told = None
        elif not self.slider.isSliderDown():
            with QSignalBlocker(self.slider):
                self.slider.setValue(round(volume * 100))
            self._percent.setText(f"{self.slider.value()} %")

    def _say(self, percent: int) -> None:
        self._told = percent
        self._percent.setText(f"{percent} %")
        self.changed.emit(percent / 100)

    def _draw(self) -> None:
        self._picture.setPixmap(pixmap("volume", self._appearance.colour("soft"), SIZE, self.devicePixelRatioF()))
