"""The main window: one column, talk first. Lays out and wires; decides nothing."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget

from app.conversation.settings import Settings
from app.conversation.view import Levels, Look, View
from app.ui.controls.dock import Dock
from app.ui.controls.header import Header
from app.ui.controls.hold import Hold
from app.ui.controls.notice_bar import NoticeBar
from app.ui.controls.pulse import Pulse
from app.ui.controls.status_line import StatusLine
from app.ui.dialogs.settings import SettingsDialog
from app.ui.dialogs.welcome import WelcomeDialog
from app.ui.intents import Intents
from app.ui.look.appearance import Appearance
from app.ui.store import Store
from app.ui.transcript.announcer import Announcer, say_aloud
from app.ui.transcript.pane import TranscriptPane
from app.ui.transcript.words import invitation

_LOW_PX = 680


class MainWindow(QMainWindow):
    """Shows the store, and turns what a person does into intents.

    Signals:
        closed(): the person closed it; whether the program ends is not decided here.
    """

    closed = Signal()

    def __init__(self, store: Store, intents: Intents, levels: Callable[[], Levels], appearance: Appearance) -> None:
        super().__init__()
        self._store = store
        self._intents = intents
        self._appearance = appearance
        self._hold = Hold(store, intents, self)
        self._space_down = False
        self.setObjectName("mainWindow")
        self.setWindowTitle("Parlance")
        self.setMinimumSize(360, 560)
        self.resize(440, 790)
        self._transcript = TranscriptPane(store.transcript, appearance, self)
        self._header = Header(appearance, self._actions(), self)
        self._notice = NoticeBar(appearance, self)
        self._status = StatusLine(appearance, self)
        self._dock = Dock(store, intents, self._hold, appearance, self)
        self._lay_out()
        self._wire(levels)
        self._dock.talk_row.talk.setFocus()

    def open_settings(self) -> None:
        """Show the settings; the window stays usable behind them."""
        dialog = SettingsDialog(self._store, self._intents, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def open_welcome(self) -> None:
        """Offer the three ways to a server, for the first start."""
        dialog = WelcomeDialog(self._store.settings, self._intents, self._appearance, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _actions(self) -> list[QAction]:
        def action(words: str, shortcut: str, deed: Callable[[], object]) -> QAction:
            made = QAction(words, self)
            made.setShortcut(shortcut)
            made.triggered.connect(lambda: deed())
            self.addAction(made)
            return made

        action("Interrupt the assistant", "Esc", self._interrupt)
        return [
            action("Mute or unmute", "Ctrl+M", lambda: self._intents.set_muted(not self._store.view.muted)),
            action("Copy the conversation", "Ctrl+Shift+C", self._transcript.copy_all),
            action("Look for devices again", "F5", self._intents.rescan_devices),
            action("Settings…", "Ctrl+,", self.open_settings),
            action("Quit", "Ctrl+Q", self.close),
        ]

    def _lay_out(self) -> None:
        middle = QWidget(self)
        notice = QVBoxLayout()
        notice.setContentsMargins(16, 10, 16, 0)
        notice.addWidget(self._notice)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._header)
        column.addLayout(notice)
        column.addWidget(self._transcript, 1)
        column.addWidget(self._status)
        column.addWidget(self._dock)
        self.setCentralWidget(middle)

    def _wire(self, levels: Callable[[], Levels]) -> None:
        store, intents = self._store, self._intents
        store.view_changed.connect(self._show_view)
        store.settings_changed.connect(self._show_settings)
        store.notice_changed.connect(lambda: self._notice.show_notice(store.notice))
        self._header.profile_picked.connect(intents.pick_profile)
        self._header.settings_wanted.connect(self.open_settings)
        self._notice.remedy_wanted.connect(self._remedy)
        self._notice.dismissed.connect(self._dismiss)
        Announcer(store.transcript, say_aloud(self._transcript), self)
        Pulse(self, levels).ticked.connect(self._dock.read)
        QApplication.instance().focusChanged.connect(self._focus_moved)  # type: ignore[union-attr]
        self._show_view(store.view)
        self._show_settings(store.settings)
        self._notice.show_notice(store.notice)

    # --- state down ---

    def _show_view(self, view: View) -> None:
        self._header.show_view(view)
        self._status.show_view(view)
        self._dock.show_view(view)
        self._transcript.invite(invitation(view))

    def _show_settings(self, settings: Settings) -> None:
        self._appearance.choose(settings.theme)
        self._header.show_settings(settings)
        self._dock.volume.show_volume(settings.output_volume)

    # --- intents up ---

    def _interrupt(self) -> None:
        if self._store.view.look in (Look.SPEAKING, Look.THINKING):
            self._intents.interrupt()

    def _remedy(self, action: str) -> None:
        match action:
            case "settings":
                self.open_settings()
            case "connect":
                self._intents.connect()
            case "devices":
                self._dock.microphone.open()
            case _:
                pass

    def _dismiss(self) -> None:
        if self._store.view.notice is not None:
            self._intents.dismiss_notice()
        else:
            self._store.show_notice(None)

    # --- hold to talk ---

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space that no field or focused button wants is the talk key."""
        if event.key() != Qt.Key.Key_Space:
            super().keyPressEvent(event)
        elif not event.isAutoRepeat():
            self._space_down = True
            self._hold.press()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Auto-repeat sends releases too; only the last one counts."""
        if event.key() != Qt.Key.Key_Space:
            super().keyReleaseEvent(event)
        elif not event.isAutoRepeat():
            self._let_go_of_space()

    def changeEvent(self, event: QEvent) -> None:
        """Without the focus no release will be seen, so losing it is one."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.ActivationChange and not self.isActiveWindow():
            self._hold.release()

    def _focus_moved(self) -> None:
        if self._space_down:
            self._let_go_of_space()

    def _let_go_of_space(self) -> None:
        self._space_down = False
        self._hold.release()

    # --- the window itself ---

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A low window gets a smaller talk button."""
        super().resizeEvent(event)
        self._dock.set_low(event.size().height() < _LOW_PX)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Say so."""
        self._hold.release()
        super().closeEvent(event)
        self.closed.emit()
