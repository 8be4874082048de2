"""What sets one server apart from another of its kind: paths, spelling, transport."""

from dataclasses import replace

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from app.conversation.profiles import AuthStyle, Dialect, Door, Profile, Transport
from app.ui.dialogs.check_box import CheckBox
from app.ui.dialogs.checks import path_trouble
from app.ui.dialogs.form import Field, Picker
from app.ui.dialogs.ice_rows import IceRows

_TRANSPORTS: list[tuple[str, object]] = [
    ("Automatic", Transport.AUTO), ("WebRTC only", Transport.WEBRTC), ("WebSocket only", Transport.WEBSOCKET),
]  # fmt: skip
_AUTHS: list[tuple[str, object]] = [
    ("Authorization: Bearer …", AuthStyle.BEARER),
    ("api-key: …", AuthStyle.API_KEY),
    ("Not at all", AuthStyle.NONE),
]
_DIALECTS: list[tuple[str, object]] = [("Present (GA)", Dialect.GA), ("Older (beta)", Dialect.BETA)]
_WITH_SERVER = (Door.BROKER, Door.OWN_KEY, Door.DIRECT)
_WITH_KEY = (Door.OWN_KEY, Door.DIRECT)


class ProfileDetails(QWidget):
    """Edits the rarer half of a profile; shows only what its door uses."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._transport = Picker("settingsTransport", _TRANSPORTS, self)
        self.auth = Picker("settingsAuth", _AUTHS, self)
        self._dialect = Picker("settingsDialect", _DIALECTS, self)
        self._own_transcription = CheckBox("Writes my words down in its own way", "settingsOwnTranscription", self)
        self._envelope = CheckBox("Sends its events wrapped and in pieces", "settingsEnvelope", self)
        self._calls = _entry("settingsCallsPath", self)
        self._secrets = _entry("settingsSecretsPath", self)
        self._socket = _entry("settingsSocketPath", self)
        self._ice = IceRows(self)
        self._lay_out()

    def fill(self, profile: Profile) -> None:
        """Show this profile."""
        self._transport.choose(profile.transport)
        self.auth.choose(profile.auth)
        self._dialect.choose(profile.dialect)
        self._own_transcription.setChecked(profile.own_transcription)
        self._envelope.setChecked(profile.envelope)
        self._calls.setText(profile.calls_path)
        self._secrets.setText(profile.secrets_path)
        self._socket.setText(profile.socket_path)
        self._ice.fill(profile.ice_servers)
        for field in self._fields:
            field.complain("")

    def kept(self, profile: Profile) -> Profile:
        """The profile with what stands here."""
        return replace(
            profile,
            transport=self._transport.currentData(),
            auth=self.auth.currentData(),
            dialect=self._dialect.currentData(),
            own_transcription=self._own_transcription.isChecked(),
            envelope=self._envelope.isChecked(),
            calls_path=self._calls.text().strip(),
            secrets_path=self._secrets.text().strip(),
            socket_path=self._socket.text().strip(),
            ice_servers=self._ice.servers(),
        )

    def first_wrong(self) -> QWidget | None:
        """Say what is wrong beside each field; the first of those fields, or None when all is right."""
        complaints = {field: path_trouble(entry.text()) for entry, field in self._path_fields.items()}
        for field, words in complaints.items():
            field.complain(words)
        wrong_row = self._ice.wrong_row()
        return next((field for field, words in complaints.items() if words), wrong_row)

    def show_what_matters(self, door: Door) -> None:
        """Show what this door uses."""
        for field, doors in self._fields.items():
            field.setVisible(door in doors)

    def _lay_out(self) -> None:
        model = "{model} stands for the model."
        self._path_fields = {
            self._calls: Field("Path for WebRTC calls", self._calls, model, self),
            self._socket: Field("Path for WebSockets", self._socket, f"{model} Empty where there are none.", self),
            self._secrets: Field("Path that hands out secrets", self._secrets, parent=self),
        }
        transport = Field(
            "Transport", self._transport, "Automatic is WebRTC, and WebSocket where the network blocks that.", self
        )
        self._fields: dict[Field, tuple[Door, ...]] = {
            transport: _WITH_SERVER,
            Field("How the key is sent", self.auth, parent=self): _WITH_KEY,
            Field("Spelling of settings", self._dialect, parent=self): tuple(Door),
            Field("", self._own_transcription, parent=self): tuple(Door),
            Field("", self._envelope, parent=self): tuple(Door),
            self._path_fields[self._calls]: _WITH_SERVER,
            self._path_fields[self._socket]: _WITH_SERVER,
            self._path_fields[self._secrets]: (Door.OWN_KEY,),
        }
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(14)
        for field in self._fields:
            layout.addWidget(field)
        layout.addWidget(self._ice)


def _entry(name: str, parent: QWidget) -> QLineEdit:
    entry = QLineEdit(parent)
    entry.setObjectName(name)
    return entry
