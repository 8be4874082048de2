"""A device picker with its own meter, in one box."""

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPaintEvent, QResizeEvent
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

from app.audio.catalog import Catalog, Choice, Device, Direction, in_place_of, resolve
from app.ui.controls.meter import Meter
from app.ui.look.appearance import Appearance
from app.ui.look.icons import SIZE, pixmap

SYSTEM_DEFAULT = "System default"
AWAY = " (not connected)"
MUTED = " (muted)"
_MUTED_HINT = "Muted in your system’s sound settings"
_NAMES = {Direction.MICROPHONE: "Microphone", Direction.SPEAKER: "Speaker"}
_ICONS = {Direction.MICROPHONE: "mic", Direction.SPEAKER: "speaker"}
_METER_PX = 90
_NARROW_METER_PX = 60
_NARROW_PX = 380
_ICON_PX = 44
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
        self.meter = Meter(f"{name} level", appearance, self)
        self.meter.setObjectName(f"{direction.value}Meter")
        self.picker = _Picker(self.meter, self)
        self.picker.setObjectName(f"{direction.value}Picker")
        self.picker.setAccessibleName(name)
        self.picker.activated.connect(self._pick)
        # On Linux a combo box tells screen readers its name through its label alone.
        self._label = QLabel(self)
        self._label.setAccessibleName(name)
        self._label.setBuddy(self.picker)
        self._label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.picker, 0, 0, 1, 3)
        layout.addWidget(self._label, 0, 0)
        layout.addWidget(self.meter, 0, 1)
        self.meter.raise_()
        layout.setColumnMinimumWidth(0, _ICON_PX)
        layout.setColumnStretch(0, 1)
        layout.setColumnMinimumWidth(2, _ARROW_PX)
        layout.setHorizontalSpacing(0)
        self._label.setContentsMargins(12, 0, 0, 0)
        appearance.changed.connect(self._draw_label)
        self._draw_label()

    def show_devices(self, catalog: Catalog, choice: Choice) -> None:
        """Offer these devices, with this one chosen; an entry that stands for another device says which."""
        used = in_place_of(choice, catalog, self._direction)
        entries: list[tuple[str, Device | None]] = [
            (_meaning(SYSTEM_DEFAULT, in_place_of(Choice(), catalog, self._direction)), None)
        ]
        entries += [(_words(device), device) for device in catalog.of(self._direction)]
        current = 0
        if choice.device_id is not None:
            chosen = resolve(choice, catalog, self._direction)
            if chosen is None:
                chosen = Device(choice.device_id, choice.device_name, self._direction, kind=choice.kind)
                entries.append((_meaning(choice.device_name + AWAY, used), chosen))
            current = next(at for at, entry in enumerate(entries) if entry[1] == chosen)
        with QSignalBlocker(self.picker):
            self.picker.clear()
            for text, device in entries:
                self.picker.addItem(text, device)
            self.picker.setCurrentIndex(current)
        hint = _MUTED_HINT if used is not None and used.muted else ""
        self.picker.setToolTip(hint or f"Choose the {_NAMES[self._direction].lower()}")
        self.picker.setAccessibleDescription(hint)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow window the name needs the room more than the meter does."""
        super().resizeEvent(event)
        self.meter.setFixedWidth(_METER_PX if event.size().width() >= _NARROW_PX else _NARROW_METER_PX)

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

    def __init__(self, meter: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self._meter = meter
        self.setProperty("kind", "device")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """As high as a comfortable target."""
        return QSize(super().sizeHint().width(), 36)

    def paintEvent(self, event: QPaintEvent) -> None:
        """As the style has it, with a text that fits."""
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        room = self.width() - _ICON_PX - self._meter.width() - _ARROW_PX - 10
        option.currentText = fitting(self.currentText(), option.fontMetrics, room)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()


def fitting(text: str, metrics: QFontMetrics, room_px: int) -> str:
    """The text of an entry shortened to fit, so that what matters stays: what is used, and what is the matter."""
    if metrics.horizontalAdvance(text) <= room_px:
        return text
    end = next((end for end in (AWAY, MUTED) if text.endswith(end)), "")
    start = text.removesuffix(end).replace(f"{SYSTEM_DEFAULT}: ", "Default: ")
    if f"{AWAY}: " in start:
        start = f"Away: {start.partition(f'{AWAY}: ')[2]}"
    room_px -= metrics.horizontalAdvance(end)
    return metrics.elidedText(start, Qt.TextElideMode.ElideRight, room_px) + end


def _words(device: Device) -> str:
    return device.name + (MUTED if device.muted else "")


def _meaning(choice: str, used: Device | None) -> str:
    return choice if used is None else f"{choice}: {_words(used)}"
