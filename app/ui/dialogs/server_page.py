"""The servers: which one, how to reach it, and its credential."""

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QMenu, QPushButton, QToolButton, QWidget

from app.conversation.admission import Secret
from app.conversation.presets import PRESETS, Preset, preset_named
from app.conversation.profiles import BUILT_IN, REHEARSAL, AuthStyle, Door
from app.conversation.settings import Settings
from app.ui.dialogs.checks import key_trouble, url_trouble
from app.ui.dialogs.form import Field, Page, Picker, small_words
from app.ui.dialogs.more import More
from app.ui.dialogs.profile_details import ProfileDetails

_DOORS = {
    Door.REHEARSAL: "Rehearse offline",
    Door.BROKER: "Token broker",
    Door.BROKER_PROXY: "Broker that also passes on the call",
    Door.OWN_KEY: "Own API key",
    Door.DIRECT: "A server of my own",
}
_WITH_BROKER = (Door.BROKER, Door.BROKER_PROXY)
_WITH_SERVER = (Door.BROKER, Door.OWN_KEY, Door.DIRECT)
_VOICES = ("marin", "cedar", "alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse")
"""The two that are recommended first."""


class ServerPage(Page):
    """Edits the profiles; the one in view is the one that will be active.

    Signals:
        forget_wanted(profile name): remove the stored credential.
    """

    forget_wanted = Signal(str)

    def __init__(self, settings: Settings, stored: frozenset[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._profiles = {profile.name: profile for profile in settings.profiles}
        self._stored = set(stored)
        self._name = settings.active_profile.name
        self._which = Picker("settingsProfile", [], self)
        self._add = _new_button(self)
        self._remove = QPushButton("Remove", self)
        self._remove.setObjectName("settingsRemoveProfile")
        self._remove.setAutoDefault(False)
        self._about = small_words("", "caption", self)
        self._title = _entry("settingsTitle", self)
        self._door = Picker("settingsDoor", [(words, door) for door, words in _DOORS.items()], self)
        self._broker_url = _entry("settingsBrokerUrl", self)
        self._server_url = _entry("settingsServerUrl", self)
        self._credential = _entry("settingsCredential", self)
        self._credential.setEchoMode(QLineEdit.EchoMode.Password)
        self._forget = QPushButton("Forget the stored credential", self)
        self._forget.setObjectName("settingsForget")
        self._forget.setProperty("kind", "link")
        self._forget.setAutoDefault(False)
        self._model = _entry("settingsModel", self)
        self._voice = _voices(self)
        self._more = More("settingsServerMore", self)
        self._details = ProfileDetails(self)
        self._lay_out()
        self._wire()
        self._list()
        self._fill()

    @property
    def credential(self) -> Secret | None:
        """What was typed for the active profile; None leaves the stored one alone."""
        typed = self._credential.text().strip()
        return Secret(typed) if typed else None

    def apply(self, settings: Settings) -> Settings | None:
        """The settings with what stands here; None, with words beside the fields, when something is wrong."""
        self._keep()
        if not self._is_right():
            return None
        return replace(settings, profile=self._name, profiles=tuple(self._profiles.values()))

    def _lay_out(self) -> None:
        which = QHBoxLayout()
        which.setSpacing(8)
        which.addWidget(Field("Server", self._which, parent=self), 1)
        for button in (self._add, self._remove):
            which.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
        self.column.addLayout(which)
        self._field = {
            "title": Field("Name", self._title, parent=self),
            "door": Field("How to get in", self._door, parent=self),
            "broker": Field("Broker address", self._broker_url, "Answers with a short-lived secret.", self),
            "server": Field("Server address", self._server_url, "The base of the Realtime API.", self),
            "credential": Field("Credential", self._credential, "Kept in this computer’s keyring.", self),
            "model": Field("Model", self._model, parent=self),
            "voice": Field("Voice", self._voice, "One of the list, or the name of another.", self),
        }
        self.add(self._about)
        for name, field in self._field.items():
            self.add(field)
            if name == "credential":
                self.column.addWidget(self._forget, 0, Qt.AlignmentFlag.AlignLeft)
        self._more.add(self._details)
        self.add(self._more)

    def _wire(self) -> None:
        self._which.activated.connect(self._switch)
        self._door.activated.connect(self._show_what_matters)
        self._details.auth.activated.connect(self._show_what_matters)
        for action, preset in zip(self._add.menu().actions(), _OFFERED, strict=True):
            action.triggered.connect(lambda _on, preset=preset: self._make_new(preset))
        self._remove.clicked.connect(self._drop)
        self._forget.clicked.connect(self._forget_credential)

    def _list(self) -> None:
        with QSignalBlocker(self._which):
            self._which.clear()
            for profile in self._profiles.values():
                self._which.addItem(profile.title, profile.name)
            self._which.choose(self._name)

    def _fill(self) -> None:
        profile = self._profiles[self._name]
        self._title.setText(profile.title)
        self._door.choose(profile.door)
        self._broker_url.setText(profile.broker_url)
        self._server_url.setText(profile.server_url)
        self._model.setText(profile.model)
        self._voice.setEditText(profile.voice)
        self._credential.clear()
        self._details.fill(profile)
        self._remove.setEnabled(self._name not in {built_in.name for built_in in BUILT_IN})
        for field in self._field.values():
            field.complain("")
        preset = self._preset()
        self._about.setText(preset.about if preset else "")
        self._about.setVisible(preset is not None)
        self._broker_url.setPlaceholderText(preset.address if preset else "")
        self._server_url.setPlaceholderText(preset.address if preset else "")
        self._show_what_matters()

    def _preset(self) -> Preset | None:
        """What the profile in view was made from."""
        return preset_named(self._profiles[self._name].preset or self._name)

    def _show_what_matters(self) -> None:
        door = self._door.currentData()
        keyless = door is Door.REHEARSAL or (
            door in (Door.OWN_KEY, Door.DIRECT) and self._details.auth.currentData() is AuthStyle.NONE
        )
        self._field["broker"].setVisible(door in _WITH_BROKER)
        self._field["server"].setVisible(door in _WITH_SERVER)
        self._field["credential"].setVisible(not keyless)
        for piece in (self._field["model"], self._field["voice"], self._more):
            piece.setVisible(door is not Door.REHEARSAL)
        self._details.show_what_matters(door)
        stored = self._name in self._stored
        self._credential.setPlaceholderText("Stored. Type to replace it" if stored else "None stored")
        self._forget.setVisible(stored and not keyless)

    def _keep(self) -> None:
        """Take what stands in the fields into the profile."""
        old = self._profiles[self._name]
        self._profiles[self._name] = replace(
            self._details.kept(old),
            title=self._title.text().strip() or old.title,
            door=self._door.currentData(),
            broker_url=self._broker_url.text().strip(),
            server_url=self._server_url.text().strip(),
            model=self._model.text().strip(),
            voice=self._voice.currentText().strip(),
        )

    def _is_right(self) -> bool:
        door, preset = self._door.currentData(), self._preset()
        examples = (preset.address,) if preset and preset.address else ()
        complaints = {
            "broker": url_trouble(self._broker_url.text(), *examples) if door in _WITH_BROKER else "",
            "server": url_trouble(self._server_url.text(), *examples) if door in _WITH_SERVER else "",
            "credential": key_trouble(self._credential.text()),
        }
        for name, words in complaints.items():
            self._field[name].complain(words)
        in_details = self._details.first_wrong() if door is not Door.REHEARSAL else None
        wrong = next((self._field[name] for name, words in complaints.items() if words), in_details)
        if wrong is not None:
            self.reveal(wrong)
        return wrong is None

    def _switch(self) -> None:
        self._keep()
        self._name = self._which.currentData()
        self._list()
        self._fill()

    def _make_new(self, preset: Preset) -> None:
        self._keep()
        number = next(n for n in range(1, len(self._profiles) + 2) if _numbered(preset.name, n) not in self._profiles)
        self._name = _numbered(preset.name, number)
        title = preset.profile.title if number == 1 else f"{preset.profile.title} {number}"
        self._profiles[self._name] = preset.named(self._name, title)
        self._list()
        self._fill()
        self._title.setFocus()
        self._title.selectAll()

    def _drop(self) -> None:
        del self._profiles[self._name]
        self._name = next(iter(self._profiles))
        self._list()
        self._fill()

    def _forget_credential(self) -> None:
        self._stored.discard(self._name)
        self.forget_wanted.emit(self._name)
        self._show_what_matters()


_OFFERED = tuple(preset for preset in PRESETS if preset.profile is not REHEARSAL)
"""One rehearsal server is enough."""


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def _new_button(parent: QWidget) -> QToolButton:
    button = QToolButton(parent)
    button.setText("New")
    button.setObjectName("settingsNewProfile")
    button.setProperty("kind", "menu")
    button.setAccessibleName("New server")
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    menu = QMenu(button)
    for preset in _OFFERED:
        menu.addAction(preset.profile.title)
    button.setMenu(menu)
    return button


def _voices(parent: QWidget) -> QComboBox:
    box = Picker("settingsVoice", [(voice, voice) for voice in _VOICES], parent)
    box.setEditable(True)
    box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    line = box.lineEdit()
    assert line is not None
    line.setCompleter(None)  # type: ignore[arg-type]  # it would make "marin" of a voice called "mar"
    line.setPlaceholderText("The server chooses")
    return box


def _entry(name: str, parent: QWidget) -> QLineEdit:
    entry = QLineEdit(parent)
    entry.setObjectName(name)
    return entry
