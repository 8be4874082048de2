"""The main window: one column, talk first. Lays out and wires; decides nothing."""

import sys
from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QCloseEvent, QDesktopServices, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget

from app.conversation.settings import Settings
from app.conversation.view import Levels, View
from app.ui.actions import answer, window_actions
from app.ui.controls.dock import Dock
from app.ui.controls.drop_place import DropPlace
from app.ui.controls.header import Header
from app.ui.controls.hold import Hold
from app.ui.controls.notice_bar import NoticeBar
from app.ui.controls.pulse import Pulse
from app.ui.controls.question_bar import QuestionBar
from app.ui.controls.status_line import StatusLine
from app.ui.controls.talk_key import TalkKey
from app.ui.dialogs.opener import Dialogs
from app.ui.intents import Intents
from app.ui.look.appearance import Appearance
from app.ui.state_announcer import StateAnnouncer
from app.ui.store import Store
from app.ui.transcript.announcer import Announcer, say_aloud
from app.ui.transcript.pane import TranscriptPane
from app.ui.transcript.words import invitation

_LOW_PX = 680
_PRIVACY_PAGES = {
    "darwin": "x-apple.systempreferences:com.apple.preference.security?Privacy_Microphone",
    "win32": "ms-settings:privacy-microphone",
}
"""Where the system lets programs use the microphone."""


class MainWindow(QMainWindow):
    """Shows the store, and turns what a person does into intents. Dresses the application as it is built.

    Signals:
        closed(): the person closed it; whether the program ends is not decided here.
    """

    closed = Signal()

    def __init__(self, store: Store, intents: Intents, levels: Callable[[], Levels]) -> None:
        super().__init__()
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        self._store = store
        self._intents = intents
        self.appearance = appearance = Appearance(application, self)
        self.leaves = False
        """Whether closing ends the program in any case."""
        self._dialogs = Dialogs(store, intents, levels, appearance, self)
        self._hold = hold = Hold(store, intents, self)
        self._welcomed = False
        self.setObjectName("mainWindow")
        self.setWindowTitle("Parlance")
        self.setMinimumSize(360, 560)
        self.resize(440, 790)
        self._transcript = TranscriptPane(store.transcript, appearance, self)
        self._transcript.setMinimumHeight(1)  # in a small window a long question needs the room for a while
        actions = window_actions(self, store, intents, self._transcript, self._dialogs, quit=self.quit)
        self._header = Header(appearance, actions, self)
        self._notice = NoticeBar(appearance, self)
        self._question = QuestionBar(appearance, self)
        self._status = StatusLine(appearance, self)
        self._dock = Dock(store, intents, hold, appearance, self)
        self._lay_out()
        self._wire()
        TalkKey(self, hold)
        DropPlace(self, self._dock.attachment, lambda: self._dock.message.takes_pictures)
        Announcer(store.transcript, say_aloud(self._transcript), self)
        StateAnnouncer(store, say_aloud(self._status), self)
        self._pulse = Pulse(levels, self)
        self._pulse.ticked.connect(self._dock.read)
        self._dock.talk_row.talk.setFocus()

    def _lay_out(self) -> None:
        middle = QWidget(self)
        notice = QVBoxLayout()
        notice.setContentsMargins(16, 10, 16, 4)
        notice.addWidget(self._notice)
        notice.addWidget(self._question)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._header)
        column.addLayout(notice)
        column.addWidget(self._transcript, 1)
        column.addWidget(self._status)
        column.addWidget(self._dock)
        self.setCentralWidget(middle)

    def _wire(self) -> None:
        store = self._store
        store.view_changed.connect(self._show_view)
        store.settings_changed.connect(self._show_settings)
        store.notice_changed.connect(self._show_notice)
        store.question_changed.connect(self._show_question)
        self._header.profile_picked.connect(self._intents.pick_profile)
        self._header.settings_wanted.connect(self._dialogs.open_settings)
        self._notice.remedy_wanted.connect(self._remedy)
        self._notice.dismissed.connect(self._dismiss)
        self._question.answered.connect(lambda id, yes: answer(store, self._intents, id, yes=yes))
        self._dock.message.picture_wanted.connect(self._choose_picture)
        self._hold.let_go.connect(self._offer_focus)
        self._show_view(store.view)
        self._show_settings(store.settings)
        self._show_notice()

    def _show_view(self, view: View) -> None:
        self._header.show_view(view)
        self._status.show_view(view)
        self._dock.show_view(view)
        self._transcript.invite(invitation(view))

    def _show_settings(self, settings: Settings) -> None:
        self.appearance.choose(settings.theme)
        self._header.show_settings(settings)
        self._status.show_settings(settings)
        self._dock.volume.show_volume(settings.output_volume)

    def _show_notice(self) -> None:
        self._notice.show_notice(self._store.notice if self._store.question is None else None)

    def _show_question(self) -> None:
        """One bar at a time, and what waits for an answer first."""
        question = self._store.question
        self._question.show_question(question)
        self._show_notice()
        if question is not None:
            say_aloud(self._question)(f"{question.sentence} {question.no}, or {question.yes}?")
            self._offer_focus()

    def _offer_focus(self) -> None:
        """To the question, but not out of the hands of somebody who speaks or writes."""
        if not self._hold.holding and not self._dock.message.is_in_use:
            self._question.take_focus()

    def _choose_picture(self) -> None:
        self._dialogs.open_picture(lambda file: self._dock.attachment.take(file, file.name))

    def _remedy(self, action: str) -> None:
        match action:
            case "settings":
                self._dialogs.open_settings()
            case "connect":
                self._intents.connect()
            case "devices":
                self._dock.microphone.open()
            case "privacy" if sys.platform in _PRIVACY_PAGES:
                QDesktopServices.openUrl(QUrl(_PRIVACY_PAGES[sys.platform]))
            case _:
                pass

    def _dismiss(self) -> None:
        if self._store.view.notice is not None:
            self._intents.dismiss_notice()
        else:
            self._store.show_notice(None)

    def quit(self) -> None:
        """Close for good."""
        self.leaves = True
        self.close()

    def come_forward(self) -> None:
        """Be seen, and have the keyboard where the desktop allows that."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def showEvent(self, event: QShowEvent) -> None:
        """Somebody sees the meters."""
        super().showEvent(event)
        self._pulse.set_running(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody sees the meters."""
        super().hideEvent(event)
        self._pulse.set_running(False)

    def changeEvent(self, event: QEvent) -> None:
        """Minimised, nobody sees it either. The first start begins with a choice, once the window has its place."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.WindowStateChange:
            self._pulse.set_running(self.isVisible() and not self.isMinimized())
        elif event.type() is QEvent.Type.ActivationChange and self.isActiveWindow() and not self._welcomed:
            self._welcomed = True
            if not self._store.settings.welcomed:
                QTimer.singleShot(0, self._dialogs.open_welcome)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A low window gets a smaller talk button."""
        super().resizeEvent(event)
        self._dock.set_low(event.size().height() < _LOW_PX)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Say so."""
        super().closeEvent(event)
        self.closed.emit()
