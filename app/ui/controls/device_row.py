"""A device picker with its own meter, in one box."""

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QLabel,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from app.audio.catalog import Catalog, Choice, Device, Direction, resolve
from app.ui.controls.meter import Meter
from app.ui.look.appearance import Appearance
from app.ui.look.icons import SIZE, pixmap

SYSTEM_DEFAULT = "System default"
_NAMES = {Direction.MICROPHONE: "Microphone", Direction.SPEAKER: "Speaker"}
_ICONS = {Direction.MICROPHONE: "mic", Direction.SPEAKER: "speaker"}
_METER_PX = 90
_ARROW_PX = 40


class DeviceRow(QWidget):
    """The devices of one direction by their real names.

    Signals:
        picked(Device | None): a person chose; None is "System default".
    """

    picked = Signal(object)

    def __init__(self, direction: Direction, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._direction = direction
        self._appearance = appearance
        name = _NAMES[direction]
        self.picker = _Picker(self)
        self.picker.setObjectName(f"{direction.value}Picker")
        self.picker.setAccessibleName(name)
        self.picker.setToolTip(f"Choose the {name.lower()}")
        self.picker.activated.connect(self._pick)
        # On Linux a combo box tells screen readers its name through its label alone.
        self._label = QLabel(self)
        self._label.setAccessibleName(name)
        self._label.setBuddy(self.picker)
        self._label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.meter = Meter(f"{name} level", appearance, self)
        self.meter.setObjectName(f"{direction.value}Meter")
        self.meter.setFixedWidth(_METER_PX)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.picker, 0, 0, 1, 3)
        layout.addWidget(self._label, 0, 0)
        layout.addWidget(self.meter, 0, 1)
        layout.setColumnMinimumWidth(0, 44)
        layout.setColumnStretch(0, 1)
        layout.setColumnMinimumWidth(2, _ARROW_PX)
        layout.setHorizontalSpacing(0)
        self._label.setContentsMargins(12, 0, 0, 0)
        appearance.changed.connect(self._draw_label)
        self._draw_label()

    def show_devices(self, catalog: Catalog, choice: Choice) -> None:
        """Offer these devices, with this one chosen."""
        default = catalog.default(self._direction)
        entries: list[tuple[str, Device | None]] = [
            (f"{SYSTEM_DEFAULT}: {default.name}" if default else SYSTEM_DEFAULT, None)
        ]
        entries += [(device.name, device) for device in catalog.of(self._direction)]
        current = 0
        if choice.device_id is not None:
            chosen = resolve(choice, catalog, self._direction)
            if chosen is None:
                away = Device(choice.device_id, choice.device_name, self._direction)
                entries.append((f"{choice.device_name} (not connected)", away))
            current = next((at for at, entry in enumerate(entries) if entry[1] == chosen), len(entries) - 1)
            if chosen is None:
                current = len(entries) - 1
        with QSignalBlocker(self.picker):
            self.picker.clear()
            for text, device in entries:
                self.picker.addItem(text, device)
            self.picker.setCurrentIndex(current)

    def open(self) -> None:
        """Show the list, for instance from the link of a notice."""
        self.picker.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.picker.showPopup()

    def _pick(self, at: int) -> None:
        device = self.picker.itemData(at)
        self.picked.emit(device if isinstance(device, Device) else None)

    def _draw_label(self) -> None:
        colour = self._appearance.colour("text")
        self._label.setPixmap(pixmap(_ICONS[self._direction], colour, SIZE, self.devicePixelRatioF()))


class _Picker(QComboBox):
    """A combo box that gives way in a narrow window and leaves room for the meter."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "device")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """As high as a comfortable target."""
        return QSize(super().sizeHint().width(), 36)

    def paintEvent(self, event: QPaintEvent) -> None:
        """As the style has it, with a name that does not fit ending in dots."""
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        room = self.width() - 44 - _METER_PX - _ARROW_PX - 10
        option.currentText = option.fontMetrics.elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()
