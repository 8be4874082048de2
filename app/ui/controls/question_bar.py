"""The bar for what only the person may decide: one question at a time, with two answers."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from app.conversation.view import Question
from app.ui.controls.wrapped_label import WrappedLabel
from app.ui.look.appearance import Appearance
from app.ui.look.icons import SIZE, pixmap


class QuestionBar(QFrame):
    """Shows a question or hides. Nothing is decided by closing, waiting or looking away.

    Signals:
        answered(id, yes): a person pressed one of the two buttons.
    """

    answered = Signal(str, bool)

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._question: Question | None = None
        self._before: QWidget | None = None
        self.setObjectName("questionBar")
        self._sign = QLabel(self)
        self._sentence = WrappedLabel(self)
        self._no = _Answer("questionNo", self)
        self._yes = _Answer("questionYes", self)
        self._no.clicked.connect(lambda: self._answer(False))
        self._yes.clicked.connect(lambda: self._answer(True))
        answers = QHBoxLayout()
        answers.setSpacing(8)
        answers.addStretch(1)
        answers.addWidget(self._no)
        answers.addWidget(self._yes)
        layout = QGridLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setHorizontalSpacing(10)
        layout.setVerticalSpacing(8)
        layout.setColumnStretch(1, 1)
        layout.addWidget(self._sign, 0, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._sentence, 0, 1)
        layout.addLayout(answers, 1, 0, 1, 2)
        appearance.changed.connect(self._draw_sign)
        self._draw_sign()
        self.hide()

    def show_question(self, question: Question | None) -> None:
        """Show this question, or none; the focus goes back to where it was."""
        self._question = question
        if question is None:
            self._give_focus_back()
            self.hide()
            return
        self.setAccessibleName(question.sentence)
        self._sentence.show_words(question.sentence)
        for button, words in ((self._no, question.no), (self._yes, question.yes)):
            button.setText(words)
            button.setAccessibleDescription(question.sentence)
        self.show()

    def take_focus(self) -> None:
        """Stand at the answer that changes nothing."""
        if self._question is None or self._no.hasFocus():
            return
        if self._before is None:
            self._before = self.window().focusWidget()
        self._no.setFocus(Qt.FocusReason.OtherFocusReason)

    def _give_focus_back(self) -> None:
        before, self._before = self._before, None
        if before is not None and self.isAncestorOf(self.window().focusWidget()):
            before.setFocus(Qt.FocusReason.OtherFocusReason)

    def _answer(self, yes: bool) -> None:
        if self._question is not None:
            self.answered.emit(self._question.id, yes)

    def _draw_sign(self) -> None:
        self._sign.setPixmap(pixmap("question", self._appearance.colour("accent"), SIZE, self.devicePixelRatioF()))


class _Answer(QPushButton):
    """Enter presses it. Space does for those who came by the Tab key; for all others it stays the talk key."""

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._by_keyboard = False
        self.setObjectName(name)
        self.setAutoDefault(True)  # without it Enter presses buttons in dialogs only
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Note who brought the focus."""
        super().focusInEvent(event)
        self._by_keyboard = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space goes up to the window, unless it is meant for this button."""
        if event.key() == Qt.Key.Key_Space and not self._by_keyboard:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """As the press."""
        if event.key() == Qt.Key.Key_Space and not self._by_keyboard:
            event.ignore()
        else:
            super().keyReleaseEvent(event)
