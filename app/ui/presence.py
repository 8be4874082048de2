"""How the program is there beside its window: the tray, the pill, and what happens when the window is closed."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication

from app.conversation.view import Levels, Look, View
from app.ui.controls.hold import Hold
from app.ui.controls.pulse import Pulse
from app.ui.intents import Intents
from app.ui.pill import Pill
from app.ui.store import Store
from app.ui.tray import Tray
from app.ui.window import MainWindow


class Presence(QObject):
    """Driven by the window, the store and the application's state. Signals:

    ended(): the program shall end.
    news(title, words): something a person who looks elsewhere wants to know.
    """

    ended = Signal()
    news = Signal(str, str)

    def __init__(self, window: MainWindow, store: Store, intents: Intents, levels: Callable[[], Levels]) -> None:
        super().__init__(window)
        self._window = window
        self._store = store
        self._lost = False
        self.tray = Tray(store, intents, window.appearance, window)
        self.tray.show_wanted.connect(window.come_forward)
        self.tray.quit_wanted.connect(self.end)
        self.pill = Pill(intents, Hold(store, intents, self), window.appearance, window)
        self._pulse = Pulse(levels, self)
        self._pulse.ticked.connect(self.pill.read)
        window.closed.connect(self._closed)
        store.view_changed.connect(self._show_view)
        store.settings_changed.connect(self._look_again)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        self._application = application
        application.applicationStateChanged.connect(self._look_again)
        application.commitDataRequest.connect(self.end)

    def begin(self, *, hidden: bool) -> None:
        """Show the window; hidden, it waits in the tray, and minimised where there is none."""
        if not hidden:
            self._window.show()
        elif not self.tray.is_there:
            self._window.showMinimized()

    def end(self) -> None:
        """End the program, whatever closing the window means."""
        self._window.hide()
        self.tray.put_away()
        self.pill.set_wanted(False)
        self.ended.emit()

    def _closed(self) -> None:
        if self._window.leaves or not (self._store.settings.desktop.close_to_tray and self.tray.is_there):
            self.end()
        else:
            self._look_again()

    def _show_view(self, view: View) -> None:
        self.pill.show_view(view)
        self._tell_of(view.look)
        self._look_again()

    def _look_again(self) -> None:
        is_called = self._store.view.look not in (Look.DISCONNECTED, Look.LEAVING)
        wanted = is_called and not self._is_in_front and self._store.settings.desktop.pill
        if wanted != self.pill.isVisible():
            self.pill.set_wanted(wanted)
            self._pulse.set_running(wanted)

    @property
    def _is_in_front(self) -> bool:
        is_active = self._application.applicationState() is Qt.ApplicationState.ApplicationActive
        return is_active and self._window.isVisible() and not self._window.isMinimized()

    def _tell_of(self, look: Look) -> None:
        if look is Look.RECONNECTING and not self._lost:
            self._lost = True
            self._tell("Connection lost", "Parlance reconnects by itself. Go on speaking: it is kept.")
        elif look in (Look.LISTENING, Look.ON_AIR, Look.THINKING, Look.SPEAKING) and self._lost:
            self._lost = False
            self._tell("Connected again", "The conversation goes on.")
        elif look is Look.DISCONNECTED and self._lost:
            self._lost = False
            self._tell("Disconnected", "The connection did not come back. Open Parlance to connect again.")

    def _tell(self, title: str, words: str) -> None:
        if self._store.settings.desktop.notify and not self._is_in_front:
            self.news.emit(title, words)
