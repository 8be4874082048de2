"""The step of the sound set-up in which one sees one's own level, chooses what it should be, and is brought there."""

from collections import deque
from statistics import median
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.audio.loudness import MOST_DB, Loudness, Target, loudness_of
from app.conversation.settings import LevelSettings
from app.conversation.view import Levels
from app.ui.controls.ballistics import share
from app.ui.controls.meter import Meter
from app.ui.dialogs.form import Picker
from app.ui.dialogs.sound_steps import Step, dbfs
from app.ui.look.appearance import Appearance

_UNHEARD: Final = "Nothing is heard yet. Is it the right microphone, and is it switched on?"
_AGAIN: Final = "Say it once more."
_CLIPPED: Final = (
    "Overdriven: the peaks of your voice are cut off. Move away, "
    "or lower the microphone’s volume in your system’s settings."
)
_OFF: Final = {Loudness.QUIET: "Quiet.", Loudness.LOUD: "Too loud."}
_BY_HAND: Final = {
    Loudness.QUIET: "Come closer, or raise the microphone’s volume in your system’s settings.",
    Loudness.LOUD: "Move away, or lower the microphone’s volume in your system’s settings.",
}
_MATCH: Final = "Match my voice"
_TARGETS: Final[list[tuple[str, object]]] = [
    ("As the microphone gives it", Target.AS_IT_COMES),
    ("Soft: for a lively room", Target.SOFT),
    ("Normal", Target.NORMAL),
    ("Loud: if you are often not heard", Target.LOUD),
]
_SPEAKING_DB: Final = 15.0
"""A voice is no further below its latest peak; the peak of a pause that has become long is further above."""
_ENOUGH: Final = 30
_REMEMBERED: Final = 150
"""Readings: one second and five."""
_CLIPPED_S: Final = 3.0


class LevelStep(Step):
    """See one's own level, choose a target, and have the voice brought there.

    Signals:
        chosen(Target): aim there from now on.
        heard(voice_dbfs): how loud the voice comes from this microphone.
    """

    chosen = Signal(object)
    heard = Signal(float)

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(
            "levelStep", "Can you be heard?",
            "Choose a microphone and say a sentence as to the assistant. The bar should reach the marked part.",
            parent,
        )  # fmt: skip
        self._target = Target.AS_IT_COMES
        self._aim = (self._target, 0.0)
        self._is_judged = False
        self._peaks: deque[float] = deque(maxlen=_REMEMBERED)
        self._clipped_blocks = 0
        self._clipped_left_s = 0.0
        self._picker = Picker("levelTarget", _TARGETS, self)
        self._picker.activated.connect(lambda at: self.chosen.emit(self._picker.itemData(at)))
        self._match = QPushButton(_MATCH, self)
        self._match.setObjectName("levelMatch")
        self._match.setAutoDefault(False)
        self._match.setToolTip("Speak for a moment; then your voice is raised or lowered to the marked part")
        self._match.clicked.connect(self._tell_voice)
        self._meter = TargetMeter(appearance, self)
        self.pieces: Final = (self._picker, self._match)
        """What the keyboard can go to, but for the microphone."""

    def lay_out(self) -> None:
        """Put its pieces below the microphone."""
        name = QLabel("Level to aim for", self)
        name.setBuddy(self._picker)
        self._picker.setAccessibleName(name.text())
        row = QWidget(self)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._picker, 1)
        layout.addWidget(self._match)
        self.add(name, row, self._meter)

    def show_level(self, level: LevelSettings) -> None:
        """What is aimed for, in the settings."""
        self._target = level.target
        self._picker.choose(level.target)
        self._meter.aim_at(level.target)
        self._match.setVisible(level.target is not Target.AS_IT_COMES)

    def read(self, levels: Levels, elapsed_s: float) -> None:
        """Judged by the peak that is held, and only while one speaks: pauses are no verdict."""
        self._meter.read(levels.microphone_dbfs, levels.microphone_peak_dbfs, elapsed_s)
        self._clipped_left_s -= elapsed_s
        if levels.clipped_blocks > self._clipped_blocks:
            self._clipped_left_s = _CLIPPED_S
        self._clipped_blocks = levels.clipped_blocks
        peak_dbfs = levels.microphone_peak_dbfs - levels.gain_db
        loudness = loudness_of(peak_dbfs, self._target, levels.gain_db)
        is_speaking = levels.microphone_dbfs > levels.microphone_peak_dbfs - _SPEAKING_DB
        if loudness is not Loudness.UNHEARD and is_speaking:
            self._peaks.append(peak_dbfs)
            self._judge(Loudness.CLIPPED if self._clipped_left_s > 0 else loudness, levels.gain_db)
        elif not self._is_judged:
            self._judge(Loudness.UNHEARD, levels.gain_db)
        elif self._aim != (self._target, levels.gain_db):
            self._aim = (self._target, levels.gain_db)
            self.tell(_AGAIN)
        self._match.setEnabled(len(self._peaks) >= _ENOUGH)

    def begin_anew(self) -> None:
        """Another microphone."""
        self._is_judged = False
        self._peaks.clear()

    def _judge(self, loudness: Loudness, gain_db: float) -> None:
        self._aim = (self._target, gain_db)
        self._is_judged = loudness is not Loudness.UNHEARD
        self.done = self.done or loudness is Loudness.GOOD
        if not self.obstacle:
            self.tell(self._words(loudness, gain_db))

    def _words(self, loudness: Loudness, gain_db: float) -> str:
        match loudness:
            case Loudness.UNHEARD:
                return _UNHEARD
            case Loudness.CLIPPED:
                return _CLIPPED
            case Loudness.GOOD:
                return (
                    f"Good. Parlance changes your voice by {gain_db:+.0f} dB.".replace("-", "−") if gain_db else "Good."
                )
            case _:
                can_match = self._target is not Target.AS_IT_COMES and abs(gain_db) < MOST_DB
                remedy = f"“{_MATCH}” brings you there." if can_match else _BY_HAND[loudness]
                return f"{_OFF[loudness]} {remedy}"

    def _tell_voice(self) -> None:
        self.heard.emit(median(self._peaks))


class TargetMeter(QWidget):
    """A level meter with a mark under the part where speech should peak."""

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._meter = Meter("Your level", appearance, self)
        self._meter.setObjectName("levelMeter")
        self._mark = _Mark(appearance, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(self._meter)
        layout.addWidget(self._mark)

    def aim_at(self, target: Target) -> None:
        """Mark where that is."""
        self._mark.aim_at(target)

    def read(self, level_dbfs: float, peak_dbfs: float, elapsed_s: float) -> None:
        """Show a reading."""
        self._meter.read(level_dbfs, peak_dbfs, elapsed_s)


class _Mark(QWidget):
    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.aim_at(Target.AS_IT_COMES)
        appearance.changed.connect(self.update)

    def aim_at(self, target: Target) -> None:
        self._band_dbfs = target.band_dbfs
        lowest, highest = self._band_dbfs
        self.setAccessibleName(f"Aim between {dbfs(lowest)} and {dbfs(highest)}")
        self.update()

    def sizeHint(self) -> QSize:
        """A line, and room for its words."""
        return QSize(90, 6 + self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """A line from end to end of the target, and what it is."""
        left, right = (share(end) * self.width() for end in self._band_dbfs)
        painter = QPainter(self)
        painter.fillRect(QRectF(left, 0, right - left, 3), QColor(self._appearance.tokens.accent))
        painter.setPen(QColor(self._appearance.tokens.soft))
        painter.drawText(QRectF(left, 4, right - left, self.height() - 4), Qt.AlignmentFlag.AlignCenter, "aim here")
        painter.end()
