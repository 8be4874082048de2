"""The steps of the sound set-up: each asks for one thing, shows what came of it, and can be skipped."""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from app.audio.echo_finding import Advice, EchoFinding
from app.conversation.settings import Hearing
from app.conversation.sound_check import Deed, Phase, SoundCheckView
from app.conversation.troubles import Notice
from app.conversation.view import Levels
from app.ui.dialogs.form import small_words
from app.ui.transcript.announcer import say_aloud

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
        self.obstacle = ""
        """What stands between the program and the microphone: said first, for it explains what is seen."""
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

    def show_obstacle(self, notice: Notice | None) -> None:
        """Say what is in the microphone's way."""
        words = f"{notice.sentence} {notice.remedy}" if notice is not None else ""
        if words != self.obstacle:
            self.obstacle = words
            self.tell(words)

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
        self.tell(view.trouble or self.obstacle or self.outcome(view))

    def show_obstacle(self, notice: Notice | None) -> None:
        """What cannot be heard cannot be tried either."""
        super().show_obstacle(notice)
        self.button.setEnabled(notice is None or not notice.is_trouble)

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
    noise = f"the room is at {dbfs(finding.noise_dbfs)}"
    match finding.advice:
        case Advice.HEADSET:
            return f"No echo found ({noise}).\n{advice}"
        case Advice.UNSURE:
            return f"Unclear ({noise}).\n{advice}"
        case _:
            echo = f"Echo at {dbfs(finding.echo_dbfs)} ({noise}), {finding.removed_db:.0f} dB of it removed"
            return f"{echo}{_delay(finding.delay_ms)}.\n{advice}"


def _delay(delay_ms: float | None) -> str:
    return "" if delay_ms is None else f", {delay_ms:.0f} ms late"


def dbfs(level: float) -> str:
    """A level in words."""
    return f"{level:.0f} dBFS".replace("-", "−")
