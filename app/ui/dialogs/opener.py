"""Opens the dialogs over the main window."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from app.conversation.view import Levels, Look
from app.ui.attachment import ENDINGS
from app.ui.intents import Intents
from app.ui.look.appearance import Appearance
from app.ui.store import Store

if TYPE_CHECKING:  # each dialog is loaded when it is wanted: the first paint need not wait for them
    from app.ui.dialogs.settings import SettingsDialog
    from app.ui.dialogs.sound_check import SoundCheckDialog


class Dialogs(QObject):
    """Makes each dialog when it is wanted and lets it go when it is closed. None of them blocks a loop."""

    def __init__(
        self,
        store: Store,
        intents: Intents,
        levels: Callable[[], Levels],
        appearance: Appearance,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._levels = levels
        self._store = store
        self._intents = intents
        self._appearance = appearance
        self._window = window
        self._settings: SettingsDialog | None = None
        self._sound_check: SoundCheckDialog | None = None

    def open_settings(self) -> None:
        """Show the settings, once; the window stays usable beside them."""
        if self._settings is not None:
            self._settings.raise_()
            self._settings.activateWindow()
            return
        from app.ui.dialogs.settings import SettingsDialog

        self._settings = SettingsDialog(self._store, self._intents, self._window)
        self._settings.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._settings.finished.connect(self._forget)
        self._settings.show()

    def open_welcome(self) -> None:
        """Offer the three ways to a server."""
        from app.ui.dialogs.welcome import WelcomeDialog

        dialog = WelcomeDialog(self._store.settings, self._intents, self._appearance, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(self.open_sound_check)
        dialog.open()

    def open_sound_check(self) -> None:
        """Show the sound set-up, once, and only between two calls; the window stays usable beside it."""
        if self._store.view.look is not Look.DISCONNECTED:
            return
        if self._sound_check is not None:
            self._sound_check.raise_()
            self._sound_check.activateWindow()
            return
        from app.ui.dialogs.sound_check import SoundCheckDialog

        dialog = SoundCheckDialog(self._store, self._intents, self._levels, self._appearance, self._window)
        self._sound_check = dialog
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(self._forget_sound_check)
        dialog.show()

    def open_picture(self, taken: Callable[[Path], None]) -> None:
        """Let a person choose a picture."""
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
        dialog = QFileDialog(self._window, "Attach a picture", folder)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(f"Pictures ({' '.join(f'*{ending}' for ending in ENDINGS)})")
        dialog.fileSelected.connect(lambda name: taken(Path(name)))
        dialog.open()

    def _forget(self) -> None:
        self._settings = None

    def _forget_sound_check(self) -> None:
        self._sound_check = None
