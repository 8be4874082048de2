"""Say something in writing, with or without a picture."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QGuiApplication, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.conversation.view import Look, View
from app.ui.attachment import Attachment, picture_in
from app.ui.controls.icon_button import IconButton
from app.ui.controls.picture_chip import PictureChip
from app.ui.look.appearance import Appearance
from app.ui.transcript.announcer import say_aloud


class MessageRow(QWidget):
    """A field and two buttons. The field always takes a draft; all else works while the view says that one can type.

    Signals:
        sent(text): stripped, never empty.
        picture_sent(data_uri, text): a picture; the text may be empty.
        picture_wanted(): the button that attaches was clicked.
    """

    sent = Signal(str)
    picture_sent = Signal(str, str)
    picture_wanted = Signal()

    def __init__(self, attachment: Attachment, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._attachment = attachment
        self._can_type = False
        self._chip = PictureChip(appearance, self)
        self._chip.removed.connect(attachment.remove)
        self._attach = IconButton("picture", "Attach a picture", appearance, self)
        self._attach.setObjectName("attachButton")
        self._attach.clicked.connect(lambda: self.picture_wanted.emit())
        self.field = _Field(self.paste_picture, self)
        self.field.returnPressed.connect(self._send)
        self.field.textChanged.connect(self._show_whether_it_can_go)
        self._button = IconButton("send", "Send message", appearance, self)
        self._button.setObjectName("sendButton")
        self._button.clicked.connect(self._send)
        self._say = say_aloud(self._chip)
        QShortcut(QKeySequence.StandardKey.Paste, self, self.paste_picture)  # wherever else the focus is
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self._attach)
        row.addWidget(self.field, 1)
        row.addSpacing(4)
        row.addWidget(self._button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._chip)
        layout.addLayout(row)
        attachment.changed.connect(self._show_attachment)
        self.show_view(View())

    @property
    def is_in_use(self) -> bool:
        """Whether somebody is writing."""
        return self.field.hasFocus() and bool(self.field.text())

    @property
    def takes_pictures(self) -> bool:
        """Whether a picture can be attached now."""
        return self._can_type

    def paste_picture(self) -> bool:
        """Attach the picture on the clipboard; says whether there was one to attach."""
        offer = QGuiApplication.clipboard().mimeData()
        return self._can_type and self._attachment.take_from(offer, words_first=True)

    def show_view(self, view: View) -> None:
        """Say whether a message can be sent."""
        self._can_type = view.can_type
        self._attach.setEnabled(view.can_type)
        self.field.setPlaceholderText(_invitation(view))
        self._show_whether_it_can_go()

    def _show_attachment(self) -> None:
        self._chip.show_attachment(self._attachment)
        if self._attachment.in_work:
            self.field.setFocus(Qt.FocusReason.OtherFocusReason)
        if self._attachment.picture is not None:
            self._say(f"{self._attachment.name} goes with your next message.")
        self._show_whether_it_can_go()

    def _show_whether_it_can_go(self) -> None:
        ready = self._is_ready()
        self._button.setEnabled(ready)
        self._button.set_face("send", "accent" if ready else "soft")

    def _is_ready(self) -> bool:
        something = bool(self.field.text().strip()) or self._attachment.picture is not None
        return self._can_type and something and not self._attachment.in_work

    def _send(self) -> None:
        if not self._is_ready():
            return
        text, picture = self.field.text().strip(), self._attachment.picture
        self.field.clear()
        self._attachment.remove()
        if picture is not None:
            self.picture_sent.emit(picture.data_uri, text)
        else:
            self.sent.emit(text)


class _Field(QLineEdit):
    """A line for words; a picture that is pasted or dragged here is not for it."""

    def __init__(self, paste_picture: Callable[[], bool], parent: QWidget) -> None:
        super().__init__(parent)
        self._paste_picture = paste_picture
        self.setObjectName("messageField")
        self.setAccessibleName("Message")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Paste a picture beside the words, words into them."""
        if not (event.matches(QKeySequence.StandardKey.Paste) and self._paste_picture()):
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A picture goes on to the window."""
        if picture_in(event.mimeData(), words_first=False) is not None:
            event.ignore()
        else:
            super().dragEnterEvent(event)


def _invitation(view: View) -> str:
    if view.can_type:
        return "Type a message"
    coming = view.look in (Look.CONNECTING, Look.RECONNECTING)
    return "Type now, send when connected" if coming else "Connect to send a message"
