"""What the window can be asked to do by a key or from its menu."""

from collections.abc import Callable

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.conversation.view import Look, Question
from app.ui.dialogs.opener import Dialogs
from app.ui.intents import Intents
from app.ui.store import Store
from app.ui.transcript.pane import TranscriptPane

BEGIN_ANEW = Question(
    "begin-anew", "Begin a new conversation? What was said here is forgotten.", "Begin anew", "Keep this one"
)
"""The window's own question."""


def window_actions(
    window: QWidget,
    store: Store,
    intents: Intents,
    transcript: TranscriptPane,
    dialogs: Dialogs,
    *,
    quit: Callable[[], object],
) -> list[QAction]:
    """Puts the shortcuts on the window and returns the actions of its menu."""

    def action(words: str, shortcut: str, deed: Callable[[], object]) -> QAction:
        made = QAction(words, window)
        made.setShortcut(shortcut)
        made.triggered.connect(lambda: deed())
        window.addAction(made)
        return made

    def refuse_or_interrupt() -> None:
        if store.question is not None:
            answer(store, intents, store.question.id, yes=False)
        elif store.view.look in (Look.SPEAKING, Look.THINKING):
            intents.interrupt()

    action("Interrupt the assistant", "Esc", refuse_or_interrupt)
    return [
        NewConversation(window, store, intents),
        action("Mute or unmute", "Ctrl+M", lambda: intents.set_muted(not store.view.muted)),
        action("Copy the conversation", "Ctrl+Shift+C", transcript.copy_all),
        action("Look for devices again", "F5", intents.rescan_devices),
        SoundSetUp(window, store, dialogs),
        action("Settings…", "Ctrl+,", dialogs.open_settings),
        action("Quit", "Ctrl+Q", quit),
    ]


def answer(store: Store, intents: Intents, id: str, *, yes: bool) -> None:
    """What a person decided goes to whoever asked."""
    if id != BEGIN_ANEW.id:
        intents.answer_question(id, yes)
        return
    store.show_question(None)
    if yes:
        intents.begin_anew()


class SoundSetUp(QAction):
    """Only between two calls: a call has the devices for itself."""

    def __init__(self, window: QWidget, store: Store, dialogs: Dialogs) -> None:
        super().__init__("Set up sound…", window)
        self._store = store
        self.triggered.connect(dialogs.open_sound_check)
        window.addAction(self)
        store.view_changed.connect(self._look_again)
        self._look_again()

    def _look_again(self) -> None:
        self.setEnabled(self._store.view.look is Look.DISCONNECTED)


class NewConversation(QAction):
    """Only between two calls, while there is something to clear away; asks first when that has words in it."""

    def __init__(self, window: QWidget, store: Store, intents: Intents) -> None:
        super().__init__("New conversation", window)
        self._store = store
        self._intents = intents
        self.setShortcut("Ctrl+N")
        self.triggered.connect(self._begin)
        store.view_changed.connect(self._look_again)
        rows = store.transcript
        for signal in (rows.rowsInserted, rows.rowsRemoved, rows.modelReset):
            signal.connect(self._look_again)
        self._look_again()
        window.addAction(self)

    def _begin(self) -> None:
        if any(row.text for row in self._store.transcript.rows):
            self._store.show_question(BEGIN_ANEW)
        else:
            self._intents.begin_anew()

    def _look_again(self) -> None:
        is_apart = self._store.view.look is Look.DISCONNECTED
        self.setEnabled(is_apart and bool(self._store.transcript.rows))
        if not is_apart:
            self._store.show_question(None)
