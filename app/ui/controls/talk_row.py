"""Mute, the talk button, hang up."""

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.conversation.view import Look, View
from app.ui.controls.hold import Hold
from app.ui.controls.icon_button import IconButton
from app.ui.controls.talk_button import TalkButton
from app.ui.intents import Intents
from app.ui.look.appearance import Appearance

_SIDE_PX = 48


class TalkRow(QWidget):
    """The three round buttons. Its presses become intents; what it shows comes from the view."""

    def __init__(self, intents: Intents, hold: Hold, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._intents = intents
        self._hold = hold
        self._look = Look.DISCONNECTED
        self.talk = TalkButton(appearance, self)
        self.talk.went_down.connect(self._press)
        self.talk.came_up.connect(hold.release)
        self.mute = _round(IconButton("mic-off", "Mute microphone", appearance, self, colour="text"), "muteButton")
        self.mute.setCheckable(True)
        self.mute.toggled.connect(intents.set_muted)  # screen readers toggle without a click
        self._mute_caption = QLabel(self)
        hang_up = IconButton("hang-up", "Hang up", appearance, self, colour="live")
        self.hang_up = _round(hang_up, "hangUpButton")
        self.hang_up.clicked.connect(lambda: intents.disconnect())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addStretch(1)
        layout.addLayout(_captioned(self.mute, self._mute_caption))
        layout.addWidget(self.talk)
        layout.addLayout(_captioned(self.hang_up, QLabel("Hang up", self)))
        layout.addStretch(1)
        self.setTabOrder(self.mute, self.talk)
        self.setTabOrder(self.talk, self.hang_up)
        self.show_view(View())

    def show_view(self, view: View) -> None:
        """Take the look of this state."""
        self._look = view.look
        self.talk.show_view(view)
        with QSignalBlocker(self.mute):
            self.mute.setChecked(view.muted)
        self.mute.set_face("mic-off", "live" if view.muted else "text")
        self.mute.setAccessibleName("Unmute microphone" if view.muted else "Mute microphone")
        self.mute.setToolTip(f"{self.mute.accessibleName()} (Ctrl+M)")
        self._mute_caption.setText("Unmute" if view.muted else "Mute")
        can_leave = view.look not in (Look.DISCONNECTED, Look.LEAVING)
        self.hang_up.setEnabled(can_leave)
        self.hang_up.set_face("hang-up", "live" if can_leave else "edge")

    def _press(self) -> None:
        if self._look is Look.DISCONNECTED:
            self._intents.connect()
        else:
            self._hold.press()


def _round(button: IconButton, name: str) -> IconButton:
    button.setObjectName(name)
    button.setProperty("kind", "round")
    button.setFixedSize(QSize(_SIDE_PX, _SIDE_PX))
    return button


def _captioned(button: QWidget, caption: QLabel) -> QVBoxLayout:
    caption.setProperty("kind", "caption")
    caption.setMinimumWidth(56)
    caption.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    column = QVBoxLayout()
    column.setSpacing(4)
    column.addStretch(1)
    column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
    column.addWidget(caption, 0, Qt.AlignmentFlag.AlignHCenter)
    column.addStretch(1)
    return column
