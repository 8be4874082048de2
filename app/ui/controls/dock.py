"""The lower part of the window: message, talk row, devices, volume."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.audio.catalog import Direction
from app.conversation.troubles import Notice, PictureUnusable, notice_of
from app.conversation.view import Levels, View
from app.ui.attachment import Attachment
from app.ui.controls.device_row import DeviceRow
from app.ui.controls.hold import Hold
from app.ui.controls.message_row import MessageRow
from app.ui.controls.talk_row import TalkRow
from app.ui.controls.volume import Volume
from app.ui.intents import Intents
from app.ui.look.appearance import Appearance
from app.ui.store import Store


class Dock(QWidget):
    """Everything one operates during a conversation."""

    def __init__(
        self, store: Store, intents: Intents, hold: Hold, appearance: Appearance, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("dock")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._store = store
        self._refusal: Notice | None = None
        self.attachment = Attachment(self)
        self.message = MessageRow(self.attachment, appearance, self)
        self.message.sent.connect(intents.send_text)
        self.message.picture_sent.connect(intents.send_picture)
        self.attachment.refused.connect(self._show_refusal)
        self.attachment.changed.connect(self._forget_refusal)
        self.talk_row = TalkRow(intents, hold, appearance, self)
        self.microphone = DeviceRow(Direction.MICROPHONE, appearance, self)
        self.speaker = DeviceRow(Direction.SPEAKER, appearance, self)
        self.microphone.picked.connect(lambda device: intents.pick(Direction.MICROPHONE, device))
        self.speaker.picked.connect(lambda device: intents.pick(Direction.SPEAKER, device))
        self.volume = Volume(appearance, self)
        self.volume.changed.connect(intents.set_volume)
        self._layout = QVBoxLayout(self)
        self._layout.setSpacing(0)
        self._layout.addWidget(self.message)
        self._layout.addWidget(self.talk_row)
        self._layout.addWidget(self.microphone)
        self._layout.addSpacing(8)
        self._layout.addWidget(self.speaker)
        self._layout.addWidget(self.volume)
        self.set_low(False)
        store.devices_changed.connect(self._show_devices)
        self._show_devices()

    def set_low(self, low: bool) -> None:
        """Take less height, for a low window."""
        self._layout.setContentsMargins(16, 8 if low else 14, 16, 4 if low else 8)
        self.talk_row.talk.set_small(low)

    def show_view(self, view: View) -> None:
        """Take the look of this state."""
        self.message.show_view(view)
        self.talk_row.show_view(view)

    def read(self, levels: Levels, elapsed_s: float) -> None:
        """Move the meters and the talk button's rings."""
        self.microphone.meter.read(levels.microphone_dbfs, levels.microphone_peak_dbfs, elapsed_s)
        self.speaker.meter.read(levels.speaker_dbfs, levels.speaker_peak_dbfs, elapsed_s)
        self.talk_row.talk.read(levels, elapsed_s)

    def _show_refusal(self, trouble: PictureUnusable) -> None:
        self._refusal = notice_of(trouble)
        self._store.show_notice(self._refusal)

    def _forget_refusal(self) -> None:
        """Another picture is the remedy."""
        if self.attachment.in_work and self._store.local_notice == self._refusal:
            self._store.show_notice(None)

    def _show_devices(self) -> None:
        self.microphone.show_devices(self._store.catalog, self._store.microphone)
        self.speaker.show_devices(self._store.catalog, self._store.speaker)
