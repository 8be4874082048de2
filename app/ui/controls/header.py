"""The top of the window: which server, and the way to the settings."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from app.conversation.settings import Settings
from app.conversation.view import Look, View
from app.ui.controls.dot import Dot
from app.ui.controls.icon_button import IconButton
from app.ui.look.appearance import Appearance

_QUALITY = {
    Look.DISCONNECTED: "not connected",
    Look.CONNECTING: "connecting",
    Look.RECONNECTING: "connection lost, trying again",
    Look.LEAVING: "hanging up",
}

_CHIP_SIDES_PX = 64


class Header(QWidget):
    """The profile with its light and menu, the settings button, and a menu with the rest.

    Signals:
        profile_picked(name): chosen from the chip's menu.
        settings_wanted(): the settings button, or "Edit servers" in the chip's menu.
    """

    profile_picked = Signal(str)
    settings_wanted = Signal()

    def __init__(self, appearance: Appearance, actions: list[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("header")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._chip = _Chip(appearance, self)
        self._menu = QMenu(self._chip)
        self._chip.setMenu(self._menu)
        settings = IconButton("settings", "Settings", appearance, self)
        settings.setObjectName("settingsButton")
        settings.setToolTip("Settings (Ctrl+,)")
        settings.clicked.connect(lambda: self.settings_wanted.emit())
        more = IconButton("more", "More", appearance, self)
        more.setObjectName("moreButton")
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        rest = QMenu(more)
        rest.addActions(actions)
        more.setMenu(rest)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 12, 12, 12)
        layout.setSpacing(4)
        layout.addWidget(self._chip)
        layout.addStretch(1)
        layout.addWidget(settings)
        layout.addWidget(more)

    def show_settings(self, settings: Settings) -> None:
        """Name the active profile, and offer the others."""
        active = settings.active_profile
        self._chip.show_title(active.title)
        self._menu.clear()
        group = QActionGroup(self._menu)
        for profile in settings.profiles:
            action = self._menu.addAction(profile.title)
            action.setCheckable(True)
            action.setChecked(profile.name == active.name)
            action.setActionGroup(group)
            action.triggered.connect(lambda _on, name=profile.name: self.profile_picked.emit(name))
        self._menu.addSeparator()
        self._menu.addAction("Edit servers…", lambda: self.settings_wanted.emit())
        self._chip.setAccessibleName(f"Server: {active.title}")

    def show_view(self, view: View) -> None:
        """Take the light of this state."""
        quality = _QUALITY.get(view.look, "connected")
        self._chip.dot.show_look(view.look)
        self._chip.setAccessibleDescription(quality)
        self._chip.setToolTip(f"Choose the server ({quality})")


class _Chip(QToolButton):
    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("profileChip")
        self.setProperty("kind", "chip")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.dot = Dot(appearance, self)
        self._title = ""

    def show_title(self, title: str) -> None:
        """Carry this title, ending in dots where it does not fit."""
        self._title = title
        self.updateGeometry()
        self._fit()

    def sizeHint(self) -> QSize:
        """Room for the light on the left and the arrow on the right."""
        return QSize(self.fontMetrics().horizontalAdvance(self._title) + _CHIP_SIDES_PX + 2, 34)

    def minimumSizeHint(self) -> QSize:
        """A long title gives way."""
        return QSize(_CHIP_SIDES_PX + 40, 34)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten the title anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.width() - _CHIP_SIDES_PX
        self.setText(self.fontMetrics().elidedText(self._title, Qt.TextElideMode.ElideRight, room))

    def paintEvent(self, event: QPaintEvent) -> None:
        """As the style has it, with the light in place."""
        self.dot.move(12, (self.height() - self.dot.height()) // 2)
        super().paintEvent(event)
