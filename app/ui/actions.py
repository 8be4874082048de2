"""What the window can be asked to do by a key or from its menu."""

from collections.abc import Callable

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.conversation.view import Look
from app.ui.dialogs.opener import Dialogs
from app.ui.intents import Intents
from app.ui.store import Store
from app.ui.transcript.pane import TranscriptPane


def window_actions(
    window: QWidget, store: Store, intents: Intents, transcript: TranscriptPane, dialogs: Dialogs
) -> list[QAction]:
    """Puts the shortcuts on the window and returns the actions of its menu."""

    def action(words: str, shortcut: str, deed: Callable[[], object]) -> QAction:
        made = QAction(words, window)
        made.setShortcut(shortcut)
        made.triggered.connect(lambda: deed())
        window.addAction(made)
        return made

    def interrupt() -> None:
        if store.view.look in (Look.SPEAKING, Look.THINKING):
            intents.interrupt()

    action("Interrupt the assistant", "Esc", interrupt)
    return [
        action("Mute or unmute", "Ctrl+M", lambda: intents.set_muted(not store.view.muted)),
        action("Copy the conversation", "Ctrl+Shift+C", transcript.copy_all),
        action("Look for devices again", "F5", intents.rescan_devices),
        action("Settings…", "Ctrl+,", dialogs.open_settings),
        action("Quit", "Ctrl+Q", window.close),
    ]
