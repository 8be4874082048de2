"""The icon in the tray: the state at a glance, and a menu for what one needs without the window."""

from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from app.conversation.view import Look, View
from app.ui.controls.dot import COLOURS
from app.ui.controls.talk_face import face_of
from app.ui.intents import Intents
from app.ui.look.appearance import Appearance
from app.ui.look.icons import drawing
from app.ui.store import Store

_SIZES_PX = (16, 22, 24, 32, 48)


class Tray(QObject):
    """Shows itself as soon as there is a tray. Signals:

    show_wanted(): the window shall come to the front.
    quit_wanted(): the program shall end.
    """

    show_wanted = Signal()
    quit_wanted = Signal()

    def __init__(self, store: Store, intents: Intents, appearance: Appearance, window: QWidget) -> None:
        super().__init__(window)
        self._store = store
        self._appearance = appearance
        self._menu = QMenu(window)  # a tray icon does not own its menu
        show = self._action("Show Parlance", self.show_wanted.emit)
        self._menu.setDefaultAction(show)
        self._menu.addSeparator()
        self._connect = self._action("", lambda: self._dial(intents))
        self._mute = self._action("Mute microphone", lambda: intents.set_muted(not store.view.muted))
        self._mute.setCheckable(True)
        self._menu.addSeparator()
        self._action("Quit", self.quit_wanted.emit)
        self._icon = QSystemTrayIcon(self)
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(self._activated)
        store.view_changed.connect(self._show_view)
        appearance.changed.connect(lambda: self._show_view(store.view))
        self._show_view(store.view)
        self._icon.show()

    @property
    def is_there(self) -> bool:
        """Whether a person can see it now, and so get the window back."""
        return QSystemTrayIcon.isSystemTrayAvailable() and self._icon.isVisible()

    @property
    def words(self) -> str:
        """What it says when it is pointed at."""
        return self._icon.toolTip()

    def tell(self, title: str, words: str) -> None:
        """A balloon, where the desktop shows no notifications of another kind."""
        if self.is_there:
            self._icon.showMessage(title, words, self._icon.icon())

    def put_away(self) -> None:
        """Before the program ends."""
        self._icon.hide()

    def _action(self, words: str, deed: object) -> QAction:
        action = QAction(words, self._menu)
        action.triggered.connect(deed)
        self._menu.addAction(action)
        return action

    def _dial(self, intents: Intents) -> None:
        if self._store.view.look is Look.DISCONNECTED:
            intents.connect()
        else:
            intents.disconnect()

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self.show_wanted.emit()

    def _show_view(self, view: View) -> None:
        muted = " (muted)" if view.muted and view.status != "Muted" else ""
        self._icon.setToolTip(f"Parlance: {view.status}{muted}")
        self._icon.setIcon(state_icon(view, self._appearance))
        self._connect.setText("Connect" if view.look is Look.DISCONNECTED else "Hang up")
        self._connect.setEnabled(view.look is not Look.LEAVING)
        self._mute.setChecked(view.muted)


def state_icon(view: View, appearance: Appearance) -> QIcon:
    """A disc in the colour of the state with its glyph: never colour alone."""
    icon = QIcon()
    for size in _SIZES_PX:
        picture = QPixmap(size, size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(appearance.colour(COLOURS[view.look])))
        painter.drawEllipse(QRectF(0, 0, size, size))
        glyph = "mic-off" if view.muted else face_of(view).glyph
        inset = size * 0.18
        drawing(glyph, appearance.colour("background")).render(
            painter, QRectF(inset, inset, size - 2 * inset, size - 2 * inset)
        )
        painter.end()
        icon.addPixmap(picture)
    return icon
