"""The talk key, and how Parlance behaves beside other windows."""

from dataclasses import replace

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QLabel, QWidget

from app.conversation.settings import Settings, TalkMode
from app.conversation.shortcuts import KeyReport
from app.ui.controls.key_picker import KeyPicker
from app.ui.dialogs.check_box import CheckBox
from app.ui.dialogs.form import Field, Page, Picker, small_words
from app.ui.dialogs.more import More
from app.ui.dialogs.numbers import WholeBox

_MODES: list[tuple[str, object]] = [
    ("Talk while it is held", TalkMode.HOLD),
    ("One press begins, the next ends", TalkMode.TOGGLE),
    ("Hold; a double press keeps talking", TalkMode.HOLD_OR_LOCK),
    ("Microphone is open; the key interrupts", TalkMode.OPEN),
    ("Mute while it is held", TalkMode.PUSH_TO_MUTE),
]
_LONGEST_S = 3600
_SHORTEST_S = 5
_PERCENT = 100
_GUEST = {
    "close_to_tray": "Closing the window leaves Parlance in the tray",
    "start_at_login": "Start when I log in",
    "start_hidden": "Start without showing the window",
    "pill": "Show a small window while others are in front",
    "notify": "Tell me of lost connections while I look elsewhere",
    "mute_on_lock": "Mute when the screen is locked",
}


class KeyPage(Page):
    """Edits the talk key and the desktop settings."""

    def __init__(self, settings: Settings, report: KeyReport, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        talk = settings.talk
        self._mode = Picker("settingsTalkMode", _MODES, self)
        self._mode.choose(talk.mode)
        self._key = KeyPicker("settingsTalkKey", talk.key, self)
        self._report = small_words("", "caption", self)
        self._report.setObjectName("settingsKeyReport")
        self._command = QLabel(self)
        self._command.setObjectName("settingsKeyCommand")
        self._command.setWordWrap(True)
        self._command.setTextFormat(Qt.TextFormat.PlainText)
        self._command.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._cues = CheckBox("Short sounds: connected, lost, on air, off air", "settingsCues", self)
        self._cues.setChecked(settings.cues.enabled)
        self._guest = {name: CheckBox(words, f"settings_{name}", self) for name, words in _GUEST.items()}
        for name, box in self._guest.items():
            box.setChecked(bool(getattr(settings.desktop, name)))
        self._more = More("settingsKeyMore", self)
        self._loudness = WholeBox(
            "settingsCueVolume", round(settings.cues.volume * _PERCENT), _PERCENT, self, step=10, unit=" %"
        )
        self._longest = WholeBox("settingsLongestHold", talk.longest_hold_s, _LONGEST_S, self, step=10, unit=" s")
        self._longest.setMinimum(_SHORTEST_S)
        self._lay_out()
        self.show_report(report)

    @Slot(object)
    def show_report(self, report: KeyReport) -> None:
        """Say which way to the key is active and why, or what to do."""
        self._report.setText(report.words)
        self._report.setVisible(bool(report.words))
        self._command.setText(report.command)
        self._command.setVisible(bool(report.command))

    def apply(self, settings: Settings) -> Settings:
        """The settings with what stands here."""
        talk = replace(
            settings.talk,
            mode=self._mode.currentData(),
            key=self._key.key,
            longest_hold_s=self._longest.value(),
        )
        # What is finer than a percent stays, unless it is changed.
        volume = settings.cues.volume
        if self._loudness.value() != round(volume * _PERCENT):
            volume = self._loudness.value() / _PERCENT
        cues = replace(settings.cues, enabled=self._cues.isChecked(), volume=volume)
        told = {name: box.isChecked() for name, box in self._guest.items()}
        return replace(settings, talk=talk, cues=cues, desktop=replace(settings.desktop, **told))

    def _lay_out(self) -> None:
        key = Field("Key in every window", self._key, "Press the button, then the key. Backspace: none.", self)
        self._key.refused.connect(key.complain)
        mode = Field("The talk key", self._mode, "Space in the window, and the key in every window.", self)
        self.add(mode, key, self._report, self._command)
        self.add(*(Field("", box, "", self) for box in (self._cues, *self._guest.values())))
        longest = Field("Let go of it after", self._longest, "A key held longer is taken for stuck.", self)
        loudness = Field("Volume of short sounds", self._loudness, "The assistant does not hear them.", self)
        self._more.add(loudness, longest)
        self.add(self._more)
