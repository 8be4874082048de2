"""The sound set-up, on the first start and from the menu: hear, be heard, hear oneself, and measure the echo."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Final

from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from app.audio.catalog import Device, Direction, in_place_of
from app.audio.loudness import Target
from app.conversation.settings import Settings
from app.conversation.sound_check import Deed, SoundCheckView
from app.conversation.troubles import MicrophoneMuted, notice_of
from app.conversation.view import Levels, Look, View
from app.ui.controls.device_row import DeviceRow
from app.ui.controls.pulse import Pulse
from app.ui.controls.volume import Volume
from app.ui.dialogs.level_step import LevelStep
from app.ui.dialogs.sound_steps import DeedStep, EchoStep, HearStep, Step, VoiceStep
from app.ui.intents import Intents
from app.ui.look.appearance import Appearance
from app.ui.store import Store


class SoundCheckDialog(QDialog):
    """Has the devices while it is open. A call needs them: when one begins, this closes by itself."""

    def __init__(
        self,
        store: Store,
        intents: Intents,
        levels: Callable[[], Levels],
        appearance: Appearance,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._store: Final = store
        self._intents: Final = intents
        self.setObjectName("soundCheckDialog")
        self.setWindowTitle("Set up sound")
        self.setMinimumSize(340, 440)
        self.resize(420, 440)
        self._stack: Final = QStackedWidget(self)
        self._level: Final = LevelStep(appearance, self._stack)
        self._echo: Final = EchoStep(self._stack)
        hear = HearStep(self._stack)
        self._steps: Final[tuple[Step, ...]] = (hear, self._level, VoiceStep(self._stack), self._echo)
        self._hearing: Final = self._steps[1:]
        """Those that need the microphone."""
        self._speaker: Final = self._row(Direction.SPEAKER, appearance, hear)
        self._microphone: Final = self._row(Direction.MICROPHONE, appearance, self._level)
        self._level.lay_out()
        self._volume: Final = Volume(appearance, hear)
        self._volume.changed.connect(intents.set_volume)
        hear.add(self._volume, hear.button)
        self._place: Final = QLabel(self)
        self._close: Final = self._button("Close", "soundCheckClose")
        self._back: Final = self._button("Back", "soundCheckBack")
        self._forward: Final = self._button("", "soundCheckForward")
        self._pulse: Final = Pulse(levels, self)
        self._lay_out()
        # As they stand: the pieces of a step were made in another order than its devices.
        QWidget.setTabOrder(self._volume.slider, hear.button)
        for before, after in pairwise((self._level.first, *self._level.pieces)):
            QWidget.setTabOrder(before, after)
        self._wire()
        self._go(0)

    def _row(self, direction: Direction, appearance: Appearance, step: Step) -> DeviceRow:
        row = DeviceRow(direction, appearance, step)
        row.picker.setObjectName(f"soundCheck{row.picker.accessibleName()}")
        row.meter.setObjectName(f"soundCheck{row.picker.accessibleName()}Meter")
        row.picked.connect(lambda device: self._pick(direction, device))
        step.add(row)
        step.first = row.picker
        return row

    def _button(self, words: str, name: str) -> QPushButton:
        button = QPushButton(words, self)
        button.setObjectName(name)
        button.setAutoDefault(False)
        return button

    def _lay_out(self) -> None:
        for step in self._steps:
            self._stack.addWidget(step)
        self._place.setProperty("kind", "caption")
        self._forward.setProperty("kind", "primary")
        self._forward.setDefault(True)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self._close)
        foot.addStretch(1)
        foot.addWidget(self._place)
        foot.addWidget(self._back)
        foot.addWidget(self._forward)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(self._stack, 1)
        layout.addLayout(foot)

    def _wire(self) -> None:
        store = self._store
        for step in self._steps:
            if isinstance(step, DeedStep):
                step.wanted.connect(self._intents.check_sound)
        self._echo.chosen.connect(lambda hearing: self._keep(replace(store.settings, hearing=hearing)))
        self._level.chosen.connect(self._aim_at)
        self._level.heard.connect(self._match)
        self._back.clicked.connect(lambda: self._go(self._stack.currentIndex() - 1))
        self._forward.clicked.connect(lambda: self._go(self._stack.currentIndex() + 1))
        self._close.clicked.connect(self.reject)
        self._pulse.ticked.connect(self._read)
        store.sound_check_changed.connect(self._show_check)
        store.devices_changed.connect(self._show_devices)
        store.settings_changed.connect(self._show_settings)
        store.view_changed.connect(self._show_view)
        self._show_devices()
        self._show_settings(store.settings)
        self._show_check(store.sound_check)

    def showEvent(self, event: QShowEvent) -> None:
        """Take the devices."""
        super().showEvent(event)
        self._intents.check_sound(Deed.BEGIN)
        self._pulse.set_running(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Let go of them, however it was closed."""
        super().hideEvent(event)
        self._pulse.set_running(False)
        self._intents.check_sound(Deed.END)

    def _go(self, at: int) -> None:
        if at == len(self._steps):
            self.accept()
            return
        if self.isVisible():
            self._intents.check_sound(Deed.STOP)
        self._stack.setCurrentIndex(at)
        self._back.setEnabled(at > 0)
        self._place.setText(f"{at + 1} of {len(self._steps)}")
        self._name_forward()
        first = self._steps[at].first
        (first if first.isEnabled() else self._forward).setFocus()

    def _name_forward(self) -> None:
        at = self._stack.currentIndex()
        done = "Finish" if at == len(self._steps) - 1 else "Next"
        words = done if self._steps[at].done else "Skip"
        if words != self._forward.text():
            self._forward.setText(words)

    def _pick(self, direction: Direction, device: Device | None) -> None:
        self._level.begin_anew()
        self._intents.pick(direction, device)

    def _aim_at(self, target: Target) -> None:
        self._keep(replace(self._store.settings, level=replace(self._store.settings.level, target=target)))

    def _match(self, voice_dbfs: float) -> None:
        microphone = in_place_of(self._store.microphone, self._store.catalog, Direction.MICROPHONE)
        if microphone is not None:
            level = self._store.settings.level.heard(microphone.name, voice_dbfs)
            self._keep(replace(self._store.settings, level=level))

    def _keep(self, settings: Settings) -> None:
        self._intents.save_settings(settings, None)

    def _read(self, levels: Levels, elapsed_s: float) -> None:
        self._microphone.meter.read(levels.microphone_dbfs, levels.microphone_peak_dbfs, elapsed_s)
        self._speaker.meter.read(levels.speaker_dbfs, levels.speaker_peak_dbfs, elapsed_s)
        if self._stack.currentWidget() is self._level:
            self._level.read(levels, elapsed_s)
            self._name_forward()

    def _show_check(self, view: SoundCheckView) -> None:
        self._show_obstacle()
        for step in self._steps:
            step.show_check(view)
        self._echo.show_hearing(self._store.settings.hearing)
        self._name_forward()

    def _show_devices(self) -> None:
        self._microphone.show_devices(self._store.catalog, self._store.microphone)
        self._speaker.show_devices(self._store.catalog, self._store.speaker)
        self._show_obstacle()

    def _show_obstacle(self) -> None:
        """Without leave, or muted outside, a microphone is as if dead; the person shall know which it is."""
        microphone = in_place_of(self._store.microphone, self._store.catalog, Direction.MICROPHONE)
        notice = self._store.sound_check.microphone
        if notice is None and microphone is not None and microphone.muted:
            notice = notice_of(MicrophoneMuted())
        first = self._steps[self._stack.currentIndex()].first
        had_focus = first.hasFocus()
        for step in self._hearing:
            step.show_obstacle(notice)
        if had_focus and not first.isEnabled():
            self._forward.setFocus()

    def _show_settings(self, settings: Settings) -> None:
        self._volume.show_volume(settings.output_volume)
        self._echo.show_hearing(settings.hearing)
        self._level.show_level(settings.level)

    def _show_view(self, view: View) -> None:
        if view.look is not Look.DISCONNECTED:
            self.reject()
