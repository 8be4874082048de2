"""The servers: which one, how to reach it, and its credential."""

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPlainTextEdit, QPushButton, QWidget

from app.conversation.admission import Secret
from app.conversation.profiles import BUILT_IN, Door, Profile
from app.conversation.settings import Settings
from app.ui.dialogs.checks import ice_lines_of, ice_servers_of, key_trouble, url_trouble
from app.ui.dialogs.form import Field, Page, Picker

_DOORS = {
    Door.REHEARSAL: "Rehearse offline",
    Door.BROKER: "Token broker",
    Door.BROKER_PROXY: "Broker that also passes on the call",
    Door.OWN_KEY: "Own API key",
}
_WITH_BROKER = (Door.BROKER, Door.BROKER_PROXY)


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
        self._add = QPushButton("New", self)
        self._add.setObjectName("settingsNewProfile")
        self._remove = QPushButton("Remove", self)
        self._remove.setObjectName("settingsRemoveProfile")
        self._title = _entry("settingsTitle", self)
        self._door = Picker("settingsDoor", [(words, door) for door, words in _DOORS.items()], self)
        self._broker_url = _entry("settingsBrokerUrl", self)
        self._server_url = _entry("settingsServerUrl", self)
        self._credential = _entry("settingsCredential", self)
        self._credential.setEchoMode(QLineEdit.EchoMode.Password)
        self._forget = QPushButton("Forget the stored credential", self)
        self._forget.setObjectName("settingsForget")
        self._forget.setProperty("kind", "link")
        self._model = _entry("settingsModel", self)
        self._voice = _entry("settingsVoice", self)
        self._ice = QPlainTextEdit(self)
        self._ice.setObjectName("settingsIce")
        self._ice.setFixedHeight(64)
        self._ice.setTabChangesFocus(True)
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
            column = QWidget(self)
            which.addWidget(column)
            box = QHBoxLayout(column)
            box.setContentsMargins(0, 22, 0, 0)
            box.addWidget(button)
        self.column.addLayout(which)
        self._field = {
            "title": Field("Name", self._title, parent=self),
            "door": Field("How to get in", self._door, parent=self),
            "broker": Field("Broker address", self._broker_url, "Answers with a short-lived secret.", self),
            "credential": Field("Credential", self._credential, "Kept in this computer’s keyring.", self),
            "server": Field("Server address", self._server_url, "The base of the Realtime API.", self),
            "model": Field("Model", self._model, parent=self),
            "voice": Field("Voice", self._voice, parent=self),
            "ice": Field(
                "STUN and TURN servers", self._ice,
                "One per line: stun:HOST:PORT, or turn:HOST:PORT USER PASSWORD. Usually empty.", self,
            ),
        }  # fmt: skip
        for name, field in self._field.items():
            self.add(field)
            if name == "credential":
                self.column.addWidget(self._forget, 0, Qt.AlignmentFlag.AlignLeft)

    def _wire(self) -> None:
        self._which.activated.connect(self._switch)
        self._door.activated.connect(self._show_what_matters)
        self._add.clicked.connect(self._make_new)
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
        self._voice.setText(profile.voice)
        self._ice.setPlainText(ice_lines_of(profile.ice_servers))
        self._credential.clear()
        self._remove.setEnabled(self._name not in {built_in.name for built_in in BUILT_IN})
        for field in self._field.values():
            field.complain("")
        self._show_what_matters()

    def _show_what_matters(self) -> None:
        door = self._door.currentData()
        self._field["broker"].setVisible(door in _WITH_BROKER)
        self._field["server"].setVisible(door in (Door.BROKER, Door.OWN_KEY))
        for name in ("credential", "model", "voice", "ice"):
            self._field[name].setVisible(door is not Door.REHEARSAL)
        stored = self._name in self._stored
        self._credential.setPlaceholderText("Stored. Type to replace it" if stored else "None stored")
        self._forget.setVisible(stored and door is not Door.REHEARSAL)

    def _keep(self) -> None:
        """Take what stands in the fields into the profile; wrong ICE lines leave the old servers."""
        old = self._profiles[self._name]
        servers, wrong = ice_servers_of(self._ice.toPlainText())
        self._profiles[self._name] = replace(
            old,
            title=self._title.text().strip() or old.title,
            door=self._door.currentData(),
            broker_url=self._broker_url.text().strip(),
            server_url=self._server_url.text().strip(),
            model=self._model.text().strip() or old.model,
            voice=self._voice.text().strip() or old.voice,
            ice_servers=old.ice_servers if wrong else servers,
        )

    def _is_right(self) -> bool:
        door = self._door.currentData()
        complaints = {
            "broker": url_trouble(self._broker_url.text()) if door in _WITH_BROKER else "",
            "server": url_trouble(self._server_url.text()) if door in (Door.BROKER, Door.OWN_KEY) else "",
            "credential": key_trouble(self._credential.text()),
            "ice": ice_servers_of(self._ice.toPlainText())[1],
        }
        for name, words in complaints.items():
            self._field[name].complain(words)
        wrong = next((name for name, words in complaints.items() if words), None)
        if wrong is not None:
            self.ensureWidgetVisible(self._field[wrong])
        return wrong is None

    def _switch(self) -> None:
        self._keep()
        self._name = self._which.currentData()
        self._list()
        self._fill()

    def _make_new(self) -> None:
        self._keep()
        number = next(n for n in range(2, len(self._profiles) + 3) if f"server-{n}" not in self._profiles)
        self._name = f"server-{number}"
        self._profiles[self._name] = Profile(self._name, f"Server {number}", Door.BROKER)
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


def _entry(name: str, parent: QWidget) -> QLineEdit:
    entry = QLineEdit(parent)
    entry.setObjectName(name)
    return entry
