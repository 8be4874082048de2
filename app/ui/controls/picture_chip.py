"""What stands above the message field while a picture goes with the message."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.attachment import Attachment
from app.ui.controls.elided_label import ElidedLabel
from app.ui.controls.icon_button import IconButton
from app.ui.look.appearance import Appearance

_PREVIEW_PX = 40
_RADIUS_PX = 6


class PictureChip(QFrame):
    """Shows the attachment or hides.

    Signals:
        removed(): the cross was clicked.
    """

    removed = Signal()

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pictureChip")
        self._preview = _Preview(appearance, self)
        self._title = ElidedLabel(Qt.TextElideMode.ElideMiddle, self)
        self._state = QLabel(self)
        self._state.setProperty("kind", "caption")
        remove = IconButton("close", "Remove picture", appearance, self)
        remove.setObjectName("removePicture")
        remove.clicked.connect(self.removed)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self._title)
        words.addWidget(self._state)
        words.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(10)
        layout.addWidget(self._preview)
        layout.addLayout(words, 1)
        layout.addWidget(remove)
        self.hide()

    def show_attachment(self, attachment: Attachment) -> None:
        """Show what there is."""
        picture = attachment.picture
        self.setVisible(attachment.in_work or picture is not None)
        self._title.show_words(attachment.name)
        self._state.setText("Making it small…" if attachment.in_work else "Goes with your next message")
        self._preview.show_image(picture.preview if picture is not None else None)
        self.setAccessibleName(f"Picture: {attachment.name}")


class _Preview(QWidget):
    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._image: QImage | None = None
        self.setFixedSize(QSize(_PREVIEW_PX, _PREVIEW_PX))
        appearance.changed.connect(self.update)

    def show_image(self, image: QImage | None) -> None:
        """Show this, or an empty frame."""
        self._image = image
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture with round corners and an outline, since a white one would have none."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        outline = QPainterPath()
        outline.addRoundedRect(area, _RADIUS_PX, _RADIUS_PX)
        if self._image is not None:
            painter.setClipPath(outline)
            painter.drawImage(area, self._image)
            painter.setClipping(False)
        painter.setPen(QPen(QColor(self._appearance.tokens.edge), 1))
        painter.drawPath(outline)
        painter.end()
