"""Who decides that a turn is over, and how patiently."""

from dataclasses import replace

from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox, QWidget

from app.conversation.settings import Settings, TurnMode
from app.ui.dialogs.form import Field, Page, Picker

_MODES: list[tuple[str, object]] = [
    ("When I pause (server listens)", TurnMode.SERVER_VAD),
    ("When I seem to be done (server understands)", TurnMode.SEMANTIC_VAD),
    ("When I let go of the talk key", TurnMode.PUSH_TO_TALK),
]
_EAGERNESS: list[tuple[str, object]] = [
    ("Automatic", "auto"), ("Patient", "low"), ("Balanced", "medium"), ("Quick", "high"),
]  # fmt: skip
_TEXT_MARGINS = (10, 0, 0, 0)
"""The style sheet does not reach the field inside a spin box."""


class TurnsPage(Page):
    """Edits the turn settings; shows only what the chosen way uses."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        turn = settings.turn
        self._mode = Picker("settingsTurnMode", _MODES, self)
        self._mode.choose(turn.mode)
        self._mode.currentIndexChanged.connect(self._show_what_matters)
        self._threshold = QDoubleSpinBox(self)
        self._threshold.setObjectName("settingsThreshold")
        self._threshold.setRange(0.0, 1.0)
        self._threshold.setSingleStep(0.05)
        self._threshold.setValue(turn.threshold)
        self._threshold.lineEdit().setTextMargins(*_TEXT_MARGINS)
        self._padding = _milliseconds("settingsPadding", turn.prefix_padding_ms, 2000, self)
        self._silence = _milliseconds("settingsSilence", turn.silence_duration_ms, 5000, self)
        self._eagerness = Picker("settingsEagerness", _EAGERNESS, self)
        self._eagerness.choose(turn.eagerness)
        self._tail = _milliseconds("settingsTail", turn.tail_ms, 2000, self)
        self._pre_roll = _milliseconds("settingsPreRoll", turn.pre_roll_ms, 1000, self)
        self._fields = {
            TurnMode.SERVER_VAD: (
                Field("Threshold", self._threshold, "Higher needs a louder voice; for noisy rooms.", self),
                Field("Silence that ends a turn", self._silence, "Shorter answers sooner and interrupts more.", self),
                Field("Kept from before speech began", self._padding, parent=self),
            ),
            TurnMode.SEMANTIC_VAD: (Field("Eagerness", self._eagerness, "How soon the assistant answers.", self),),
            TurnMode.PUSH_TO_TALK: (
                Field("Stay open after release", self._tail, "So that the last word is not cut off.", self),
                Field("Kept from before the press", self._pre_roll, "So that the first word is not cut off.", self),
            ),
        }
        self.add(Field("My turn is over", self._mode, parent=self))
        for fields in self._fields.values():
            self.add(*fields)
        self._show_what_matters()

    def apply(self, settings: Settings) -> Settings:
        """The settings with what stands here."""
        turn = replace(
            settings.turn,
            mode=self._mode.currentData(),
            threshold=round(self._threshold.value(), 2),
            prefix_padding_ms=self._padding.value(),
            silence_duration_ms=self._silence.value(),
            eagerness=self._eagerness.currentData(),
            tail_ms=self._tail.value(),
            pre_roll_ms=self._pre_roll.value(),
        )
        return replace(settings, turn=turn)

    def _show_what_matters(self) -> None:
        for mode, fields in self._fields.items():
            for field in fields:
                field.setVisible(mode is self._mode.currentData())


def _milliseconds(name: str, value_ms: int, most_ms: int, parent: QWidget) -> QSpinBox:
    box = QSpinBox(parent)
    box.setObjectName(name)
    box.setRange(0, most_ms)
    box.setSingleStep(50)
    box.setSuffix(" ms")
    box.setValue(value_ms)
    box.lineEdit().setTextMargins(*_TEXT_MARGINS)
    return box
