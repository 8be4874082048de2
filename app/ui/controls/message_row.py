"""Say something in writing."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from app.conversation.view import Look, View
from app.ui.controls.icon_button import IconButton
from app.ui.look.appearance import Appearance


class MessageRow(QWidget):
    """A field and a button. The field always takes a draft; it is sent only while the view says that one can type.

    Signals:
        sent(text): stripped, never empty.
    """

    sent = Signal(str)

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._can_type = False
        self.field = QLineEdit(self)
        self.field.setObjectName("messageField")
        self.field.setAccessibleName("Message")
        self.field.returnPressed.connect(self._send)
        self.field.textChanged.connect(self._show_whether_it_can_go)
        self._button = IconButton("send", "Send message", appearance, self)
        self._button.setObjectName("sendButton")
        self._button.clicked.connect(self._send)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.field, 1)
        layout.addWidget(self._button)
        self.show_view(View())

    @property
    def is_in_use(self) -> bool:
        """Whether somebody is writing."""
        return self.field.hasFocus() and bool(self.field.text())

    def show_view(self, view: View) -> None:
        """Say whether a message can be sent."""
        self._can_type = view.can_type
        self.field.setPlaceholderText(_invitation(view))
        self._show_whether_it_can_go()

    def _show_whether_it_can_go(self) -> None:
        ready = self._can_type and bool(self.field.text().strip())
        self._button.setEnabled(ready)
        self._button.set_face("send", "accent" if ready else "soft")

    def _send(self) -> None:
        text = self.field.text().strip()
        if text and self._can_type:
            self.field.clear()
            self.sent.emit(text)


def _invitation(view: View) -> str:
    if view.can_type:
        return "Type a message"
    coming = view.look in (Look.CONNECTING, Look.RECONNECTING)
    return "Type now, send when connected" if coming else "Connect to send a message"
