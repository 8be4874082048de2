"""The steps of the sound set-up: each asks for one thing, shows what came of it, and can be skipped."""

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.audio.trial import TARGET_DBFS, Advice, EchoFinding, Loudness, loudness_of
from app.conversation.settings import Hearing
from app.conversation.sound_check import Deed, Phase, SoundCheckView
from app.conversation.view import Levels
from app.ui.controls.ballistics import share
from app.ui.controls.meter import Meter
from app.ui.dialogs.form import small_words
from app.ui.look.appearance import Appearance
from app.ui.transcript.announcer import say_aloud

_VERDICTS: Final = {
    Loudness.UNHEARD: "Nothing is heard yet. Is it the right microphone, and is it switched on?",
    Loudness.QUIET: "Quiet. Come closer, or raise the microphone’s volume in your system’s settings.",
    Loudness.GOOD: "Good.",
    Loudness.LOUD: "Too loud. Move away, or lower the microphone’s volume in your system’s settings.",
}
_HEARINGS: Final = {
    Advice.HEADSET: Hearing.HEADSET,
    Advice.LOUDSPEAKER: Hearing.LOUDSPEAKER,
    Advice.HALF_DUPLEX: Hearing.LOUDSPEAKER,
}
_ADVICE: Final = {
    Advice.HEADSET: "Use headset mode: there is no echo to remove.",
    Advice.LOUDSPEAKER: "Use loudspeaker mode: the echo is removed, and you can interrupt by speaking.",
    Advice.HALF_DUPLEX: "Half-duplex: too much echo stays, so in loudspeaker mode Parlance listens when the assistant "
    "pauses. A headset, or a lower volume, lets you interrupt by speaking.",
    Advice.UNSURE: "Something else was louder than the echo. Measure again while it is quiet.",
}


class Step(QWidget):
    """One page: a title, a line that explains, the pieces, and what came of it."""

    def __init__(self, name: str, title: str, words: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        heading = QLabel(title, self)
        heading.setProperty("kind", "title")
        heading.setWordWrap(True)
        self.words = QLabel(words, self)
        self.words.setProperty("kind", "soft")
        self.words.setWordWrap(True)
        self.result = small_words("", "soft", self)
        self.result.setObjectName(f"{name}Result")
        self._say = say_aloud(self.result)
        self.first: QWidget = self
        """Where the keyboard begins."""
        self.done = False
        """Whether its forward button says "Next" and not "Skip"."""
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)
        self._column.addWidget(heading)
        self._column.addWidget(self.words)
        self._column.addWidget(self.result)
        self._column.addStretch(1)

    def add(self, *pieces: QWidget) -> None:
        """Put these above what came of it."""
        for piece in pieces:
            self._column.insertWidget(self._column.count() - 2, piece)

    def tell(self, words: str, *, aloud: bool = True) -> None:
        """Say what came of it."""
        if words != self.result.text():
            self.result.setText(words)
            self.result.setVisible(bool(words))
            if words and aloud:
                self._say(words)

    def show_check(self, view: SoundCheckView) -> None:
        """How the sound check stands."""

    def read(self, levels: Levels, elapsed_s: float) -> None:
        """A reading of the meters."""


class DeedStep(Step):
    """A step with one button, which starts something that ends by itself and stops it meanwhile.

    Signals:
        wanted(Deed): start or stop it.
    """

    wanted = Signal(object)

    def __init__(self, name: str, title: str, words: str, deed: Deed, button: str, parent: QWidget) -> None:
        super().__init__(name, title, words, parent)
        self._deed = deed
        self._start_words = button
        self._is_running = False
        self.button = QPushButton(button, self)
        self.button.setObjectName(f"{name}Button")
        self.button.setAutoDefault(False)
        self.button.clicked.connect(lambda: self.wanted.emit(Deed.STOP if self._is_running else self._deed))
        self.add(self.button)
        self.first = self.button

    def show_check(self, view: SoundCheckView) -> None:
        """The button says what it does now."""
        self._is_running = view.phase not in (Phase.CLOSED, Phase.READY)
        self.button.setText("Stop" if self._is_running else self._start_words)
        if view.done is self._deed:
            self.done = True
        self.tell(view.trouble or self.outcome(view))

    def outcome(self, view: SoundCheckView) -> str:
        """What to say of it."""
        raise NotImplementedError


class HearStep(DeedStep):
    """Hear a test sound."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(
            "hearStep", "Can you hear this?", "Choose a speaker and play a short sound.", Deed.PLAY, "Play a sound",
            parent,
        )  # fmt: skip

    def outcome(self, view: SoundCheckView) -> str:
        """Who hears nothing needs another device."""
        if view.phase is Phase.PLAYING:
            return "Playing…"
        return "Heard nothing? Raise the volume, or choose another speaker." if view.done is Deed.PLAY else ""


class LevelStep(Step):
    """See one's own level, and where it should be."""

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(
            "levelStep", "Can you be heard?",
            "Choose a microphone and say a sentence as to the assistant. The bar should reach the marked part.",
            parent,
        )  # fmt: skip
        self.meter = TargetMeter(appearance, self)
        self._loudness: Loudness | None = None

    def read(self, levels: Levels, elapsed_s: float) -> None:
        """Judged by the peak that is held, so that pauses between words are no verdict."""
        self.meter.read(levels.microphone_dbfs, levels.microphone_peak_dbfs, elapsed_s)
        loudness = loudness_of(levels.microphone_peak_dbfs)
        if loudness is Loudness.UNHEARD and self._loudness is not None:
            return
        if loudness is not self._loudness:
            self._loudness = loudness
            self.done = self.done or loudness is Loudness.GOOD
            self.tell(_VERDICTS[loudness])

    def begin_anew(self) -> None:
        """Another microphone."""
        self._loudness = None


class VoiceStep(DeedStep):
    """Speak, and hear oneself."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(
            "voiceStep", "This is how you sound",
            "Speak for four seconds; then you hear what the assistant would hear. Nothing is sent or kept.",
            Deed.RECORD, "Record and play back", parent,
        )  # fmt: skip

    def outcome(self, view: SoundCheckView) -> str:
        """What to do now."""
        match view.phase:
            case Phase.RECORDING:
                return "Speak now…"
            case Phase.REPLAYING:
                return "Playing what you said…"
            case _:
                return ""


class EchoStep(DeedStep):
    """Measure the echo, and take what it recommends.

    Signals:
        chosen(Hearing): use this from now on.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(
            "echoStep", "Does the microphone hear the speaker?",
            "Parlance plays noise for eight seconds and measures how much of it comes back. Be quiet meanwhile.",
            Deed.MEASURE, "Measure the echo", parent,
        )  # fmt: skip
        self._hearing: Hearing | None = None
        self.use = QPushButton("Use what is recommended", self)
        self.use.setObjectName("echoUse")
        self.use.setAutoDefault(False)
        self.use.clicked.connect(self._choose)
        self._column.insertWidget(self._column.count() - 1, self.use)
        self.use.hide()

    def outcome(self, view: SoundCheckView) -> str:
        """The figures, and what they recommend."""
        if view.phase is Phase.MEASURING:
            return "Measuring…"
        return _told(view.echo) if view.echo is not None else ""

    def show_check(self, view: SoundCheckView) -> None:
        """A recommendation can be taken."""
        super().show_check(view)
        idle = view.phase is Phase.READY and view.echo is not None
        self._hearing = _HEARINGS.get(view.echo.advice) if idle and view.echo is not None else None
        self.use.setVisible(self._hearing is not None)

    def show_hearing(self, hearing: Hearing) -> None:
        """What is in use needs no button."""
        is_used = hearing is self._hearing
        self.use.setEnabled(not is_used)
        self.use.setText(f"Using {hearing.value} mode" if is_used else "Use what is recommended")

    def _choose(self) -> None:
        if self._hearing is not None:
            self.chosen.emit(self._hearing)


def _told(finding: EchoFinding) -> str:
    """The number first, then what to do."""
    advice = _ADVICE[finding.advice]
    noise = f"the room is at {_dbfs(finding.noise_dbfs)}"
    match finding.advice:
        case Advice.HEADSET:
            return f"No echo found ({noise}).\n{advice}"
        case Advice.UNSURE:
            return f"Unclear ({noise}).\n{advice}"
        case _:
            echo = f"Echo at {_dbfs(finding.echo_dbfs)} ({noise}), {finding.removed_db:.0f} dB of it removed"
            return f"{echo}{_delay(finding.delay_ms)}.\n{advice}"


def _delay(delay_ms: float | None) -> str:
    return "" if delay_ms is None else f", {delay_ms:.0f} ms late"


def _dbfs(level: float) -> str:
    return f"{level:.0f} dBFS".replace("-", "−")


class TargetMeter(QWidget):
    """A level meter with a mark under the part where speech should peak."""

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._meter = Meter("Your level", appearance, self)
        self._meter.setObjectName("levelMeter")
        mark = _Target(appearance, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(self._meter)
        layout.addWidget(mark)

    def read(self, level_dbfs: float, peak_dbfs: float, elapsed_s: float) -> None:
        """Show a reading."""
        self._meter.read(level_dbfs, peak_dbfs, elapsed_s)


class _Target(QWidget):
    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"Aim between {_dbfs(TARGET_DBFS[0])} and {_dbfs(TARGET_DBFS[1])}")
        appearance.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """A line, and room for its words."""
        return QSize(90, 6 + self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """A line from end to end of the target, and what it is."""
        left, right = (share(end) * self.width() for end in TARGET_DBFS)
        painter = QPainter(self)
        painter.fillRect(QRectF(left, 0, right - left, 3), QColor(self._appearance.tokens.accent))
        painter.setPen(QColor(self._appearance.tokens.soft))
        painter.drawText(QRectF(left, 4, right - left, self.height() - 4), Qt.AlignmentFlag.AlignCenter, "aim here")
        painter.end()
