"""Who decides that a turn is over, and how patiently."""

from dataclasses import replace

from PySide6.QtWidgets import QWidget

from app.conversation.settings import Hearing, NoiseFilter, Settings, TurnMode
from app.ui.dialogs.check_box import CheckBox
from app.ui.dialogs.form import Field, Page, Picker
from app.ui.dialogs.more import More
from app.ui.dialogs.numbers import DecimalBox, WholeBox

_MODES: list[tuple[str, object]] = [
    ("When I pause (server listens)", TurnMode.SERVER_VAD),
    ("When I seem to be done (server understands)", TurnMode.SEMANTIC_VAD),
    ("When I let go of the talk key", TurnMode.PUSH_TO_TALK),
]
_EAGERNESS: list[tuple[str, object]] = [
    ("Automatic", "auto"), ("Patient", "low"), ("Balanced", "medium"), ("Quick", "high"),
]  # fmt: skip
_HEARING: list[tuple[str, object]] = [
    ("Loudspeakers", Hearing.LOUDSPEAKER),
    ("A headset", Hearing.HEADSET),
    ("Leave my microphone as it is", Hearing.AS_IS),
]
_NOISE: list[tuple[str, object]] = [
    ("Nothing", NoiseFilter.OFF),
    ("For a headset", NoiseFilter.NEAR_FIELD),
    ("For the microphone of a laptop or a room", NoiseFilter.FAR_FIELD),
]
_LONGEST_IDLE_MS = 30_000
_LONGEST_WAIT_MS = 10_000
_EVERY_WAY = tuple(TurnMode)
_SERVER_DECIDES = (TurnMode.SERVER_VAD, TurnMode.SEMANTIC_VAD)


class TurnsPage(Page):
    """Edits the turn settings; shows only what the chosen way uses."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        turn = settings.turn
        self._mode = Picker("settingsTurnMode", _MODES, self)
        self._mode.choose(turn.mode)
        self._mode.currentIndexChanged.connect(self._show_what_matters)
        self._silence = _milliseconds("settingsSilence", turn.silence_duration_ms, self)
        self._eagerness = Picker("settingsEagerness", _EAGERNESS, self)
        self._eagerness.choose(turn.eagerness)
        self._tail = _milliseconds("settingsTail", turn.tail_ms, self)
        self._interrupts = CheckBox("Stop the assistant when I speak", "settingsInterrupt", self)
        self._interrupts.setChecked(turn.interrupt_response)
        self._noise = Picker("settingsNoise", _NOISE, self)
        self._noise.choose(settings.noise_reduction)
        self._hearing = Picker("settingsHearing", _HEARING, self)
        self._hearing.choose(settings.hearing)
        self._lowers = CheckBox("Lower other sounds during a call", "settingsLowerOthers", self)
        self._lowers.setChecked(settings.lower_others)
        self._more = More("settingsTurnsMore", self)  # from here on: what it folds away, in the order of the Tab key
        self._threshold = DecimalBox("settingsThreshold", turn.threshold, (0.0, 1.0), self, step=0.05)
        self._padding = _milliseconds("settingsPadding", turn.prefix_padding_ms, self)
        self._pre_roll = _milliseconds("settingsPreRoll", turn.pre_roll_ms, self)
        self._idle = WholeBox(
            "settingsIdleTimeout", turn.idle_timeout_ms, _LONGEST_IDLE_MS, self,
            step=1000, unit=" ms", nothing="Never",
        )  # fmt: skip
        self._ways: dict[Field, tuple[TurnMode, ...]] = {}
        self._lay_out()
        self._show_what_matters()

    def apply(self, settings: Settings) -> Settings:
        """The settings with what stands here."""
        mode = self._mode.currentData()
        turn = replace(
            settings.turn,
            mode=mode,
            threshold=self._threshold.told(),
            prefix_padding_ms=self._padding.value(),
            silence_duration_ms=self._silence.value(),
            eagerness=self._eagerness.currentData(),
            tail_ms=self._tail.value(),
            pre_roll_ms=self._pre_roll.value(),
            interrupt_response=self._interrupts.isChecked(),
            # Only in the server's way is it checked what stands there.
            idle_timeout_ms=self._idle.value() if mode is TurnMode.SERVER_VAD else settings.turn.idle_timeout_ms,
        )
        return replace(
            settings,
            turn=turn,
            noise_reduction=self._noise.currentData(),
            hearing=self._hearing.currentData(),
            lower_others=self._lowers.isChecked(),
        )

    def _lay_out(self) -> None:
        silence = Field("Silence that ends a turn", self._silence, "Shorter answers sooner and interrupts more.", self)
        eagerness = Field("Eagerness", self._eagerness, "How soon the assistant answers.", self)
        tail = Field("Stay open after release", self._tail, "So that the last word is not cut off.", self)
        interrupts = Field("", self._interrupts, "", self)
        noise = Field("Filter out noise", self._noise, "On the server, before it listens for words.", self)
        hearing = Field("I hear the assistant through", self._hearing, "Echo is removed before anything is sent.", self)
        threshold = Field("Threshold", self._threshold, "Higher needs a louder voice; for noisy rooms.", self)
        padding = Field("Kept from before speech began", self._padding, parent=self)
        pre_roll = Field("Kept from before the press", self._pre_roll, "So that the first word is not cut off.", self)
        idle = Field(
            "Assistant speaks up after silence", self._idle, "From 5000 ms on; 0 lets it wait for you forever.", self
        )
        self._ways = {
            silence: (TurnMode.SERVER_VAD,), eagerness: (TurnMode.SEMANTIC_VAD,), tail: (TurnMode.PUSH_TO_TALK,),
            interrupts: _SERVER_DECIDES, noise: _EVERY_WAY, hearing: _EVERY_WAY, threshold: (TurnMode.SERVER_VAD,),
            padding: (TurnMode.SERVER_VAD,), pre_roll: (TurnMode.PUSH_TO_TALK,), idle: (TurnMode.SERVER_VAD,),
        }  # fmt: skip
        self.about = {
            "threshold": threshold, "prefix padding": padding, "silence duration": silence, "idle timeout": idle,
            "eagerness": eagerness, "noise reduction": noise,
        }  # fmt: skip
        lowers = Field("", self._lowers, "From the next call on, where your sound server is set up for it.", self)
        turn = Field("My turn is over", self._mode, parent=self)
        self.add(turn, silence, eagerness, tail, interrupts, hearing, lowers, noise)
        self._more.add(threshold, padding, pre_roll, idle)
        self.add(self._more)

    def _show_what_matters(self) -> None:
        mode = self._mode.currentData()
        for field, modes in self._ways.items():
            field.setVisible(mode in modes)
        self._more.setVisible(mode is not TurnMode.SEMANTIC_VAD)


def _milliseconds(name: str, value_ms: int, parent: QWidget) -> WholeBox:
    return WholeBox(name, value_ms, _LONGEST_WAIT_MS, parent, step=50, unit=" ms")
