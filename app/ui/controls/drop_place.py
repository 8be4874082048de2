"""The whole window as a place to drop a picture."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QLabel, QWidget

from app.ui.attachment import Attachment, picture_in

_MARGIN_PX = 8


class DropPlace(QLabel):
    """Covers the window while a picture is dragged over it; what is dropped becomes the attachment."""

    def __init__(self, window: QWidget, attachment: Attachment, is_open: Callable[[], bool]) -> None:
        super().__init__("Drop the picture here", window)
        self._window = window
        self._attachment = attachment
        self._is_open = is_open
        self.setObjectName("dropPlace")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the drag; leave everything else."""
        match event.type():
            case QEvent.Type.DragEnter if isinstance(event, QDropEvent) and self._takes(event):
                self._cover()
                event.acceptProposedAction()
                return True
            case QEvent.Type.DragLeave:
                self.hide()
            case QEvent.Type.Drop if isinstance(event, QDropEvent):
                self.hide()
                if self._takes(event):
                    self._attachment.take_from(event.mimeData(), words_first=False)
                    event.acceptProposedAction()
                    return True
        return False

    def _takes(self, event: QDropEvent) -> bool:
        return self._is_open() and picture_in(event.mimeData(), words_first=False) is not None

    def _cover(self) -> None:
        self.setGeometry(self._window.rect().adjusted(_MARGIN_PX, _MARGIN_PX, -_MARGIN_PX, -_MARGIN_PX))
        self.raise_()
        self.show()
