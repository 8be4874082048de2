"""Picks the key that works in every window, by pressing it."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QPushButton, QWidget

from app.conversation.shortcuts import Modifier, Shortcut, UnusableKey, shortcut_of

_NAMED = {
    Qt.Key.Key_Space: "Space", Qt.Key.Key_Insert: "Insert", Qt.Key.Key_Delete: "Delete", Qt.Key.Key_Home: "Home",
    Qt.Key.Key_End: "End", Qt.Key.Key_PageUp: "PageUp", Qt.Key.Key_PageDown: "PageDown", Qt.Key.Key_Left: "Left",
    Qt.Key.Key_Right: "Right", Qt.Key.Key_Up: "Up", Qt.Key.Key_Down: "Down", Qt.Key.Key_Pause: "Pause",
    Qt.Key.Key_ScrollLock: "ScrollLock", Qt.Key.Key_Print: "Print", Qt.Key.Key_Menu: "Menu",
    Qt.Key.Key_QuoteLeft: "Grave", Qt.Key.Key_AsciiTilde: "Grave",
}  # fmt: skip
_MODIFIERS = {
    Qt.KeyboardModifier.ControlModifier: Modifier.CTRL,
    Qt.KeyboardModifier.AltModifier: Modifier.ALT,
    Qt.KeyboardModifier.ShiftModifier: Modifier.SHIFT,
    Qt.KeyboardModifier.MetaModifier: Modifier.META,
}
_ALONE = (Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Shift, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)


class KeyPicker(QPushButton):
    """A button that says the key; pressed, it waits for another. Esc leaves all as it was, Backspace takes none.

    Signals:
        refused(str): why the pressed key cannot be used; empty once all is well.
    """

    refused = Signal(str)

    def __init__(self, name: str, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAutoDefault(False)
        self.key = key
        """As settings have it; empty for none."""
        self._waits = False
        self.clicked.connect(self._wait)
        self._show()

    def event(self, event: QEvent) -> bool:
        """While it waits every key is meant for it, Tab and shortcuts too."""
        if self._waits and isinstance(event, QKeyEvent):
            if event.type() is QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() is QEvent.Type.KeyPress:
                self._take(event)
                return True
            if event.type() is QEvent.Type.KeyRelease:
                return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Who turns away wants no other key."""
        self._settle(self.key)
        super().focusOutEvent(event)

    def _wait(self) -> None:
        self._waits = True
        self.refused.emit("")
        self._show()

    def _take(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _ALONE or event.isAutoRepeat():
            return
        bare = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if key is Qt.Key.Key_Escape and bare:
            self._settle(self.key)
        elif key is Qt.Key.Key_Backspace and bare:
            self._settle("")
        else:
            try:
                self._settle(str(shortcut_of(_written(key, event.modifiers()))))
            except UnusableKey as unusable:
                self.refused.emit(str(unusable))

    def _settle(self, key: str) -> None:
        if self._waits:
            self._waits = False
            self.key = key
            self.refused.emit("")
            self._show()

    def _show(self) -> None:
        self.setText("Press a key…" if self._waits else self.key or "None")


def _written(key: Qt.Key, modifiers: Qt.KeyboardModifier) -> str:
    """As settings have it, whether or not it can be used."""
    held = frozenset(ours for theirs, ours in _MODIFIERS.items() if modifiers & theirs)
    if Qt.Key.Key_A <= key <= Qt.Key.Key_Z or Qt.Key.Key_0 <= key <= Qt.Key.Key_9:
        name = chr(key)
    elif Qt.Key.Key_F1 <= key <= Qt.Key.Key_F24:
        name = f"F{key - Qt.Key.Key_F1 + 1}"
    else:
        name = _NAMED.get(key, key.name.removeprefix("Key_"))
    return str(Shortcut(name, held))
