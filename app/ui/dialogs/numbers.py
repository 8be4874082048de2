"""Boxes for numbers."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QSizePolicy, QSpinBox, QWidget

_TEXT_MARGINS = (10, 0, 0, 0)
"""The style sheet does not reach the field inside a spin box."""
_PLAIN_PX = 64


class WholeBox(QSpinBox):
    """A whole number; ``nothing`` is what it says at its lowest value."""

    def __init__(
        self, name: str, value: int, most: int, parent: QWidget, *, step: int = 1, unit: str = "", nothing: str = ""
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setRange(0, most)
        self.setSingleStep(step)
        self.setSuffix(unit)
        self.setSpecialValueText(nothing)
        self.setValue(value)
        self.lineEdit().setTextMargins(*_TEXT_MARGINS)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Who scrolls over it does not mean it."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class DecimalBox(QDoubleSpinBox):
    """A number with decimals; ``nothing`` is what it says at its lowest value."""

    def __init__(
        self,
        name: str,
        value: float,
        bounds: tuple[float, float],
        parent: QWidget,
        *,
        step: float,
        decimals: int = 2,
        unit: str = "",
        nothing: str = "",
    ) -> None:
        super().__init__(parent)
        self._told = value
        self._is_plain = False
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setDecimals(decimals)
        self.setRange(*bounds)
        self.setSingleStep(step)
        self.setSuffix(unit)
        self.setSpecialValueText(nothing)
        self.lineEdit().setTextMargins(*_TEXT_MARGINS)
        self.tell(value)

    def tell(self, value: float) -> None:
        """Stand at this value."""
        self._told = value
        self.setValue(value)

    def set_plain(self) -> None:
        """For a table: no arrows, no width of its own, and no more decimals than there are."""
        self._is_plain = True
        self.setProperty(
            "kind", "plain"
        )  # the style sheet takes the arrows: without them Qt 6.11 leaves no room to write
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(_PLAIN_PX)
        self.tell(self._told)

    def textFromValue(self, value: float) -> str:
        """Two decimals, and more where they matter."""
        words = super().textFromValue(value)
        if not self._is_plain:
            return words
        whole, point, part = words.partition(self.locale().decimalPoint())
        return whole + point + part.rstrip("0").ljust(2, "0")

    def told(self) -> float:
        """The number; one that nobody has touched keeps the decimals that are not shown."""
        shown = round(self.value(), self.decimals())
        return self._told if shown == round(self._told, self.decimals()) else shown

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Who scrolls over it does not mean it."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
