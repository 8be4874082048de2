"""The STUN and TURN servers of a profile, one below the other."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.conversation.profiles import IceServer
from app.ui.dialogs.checks import ice_trouble
from app.ui.dialogs.form import Field, small_words


class IceRows(QWidget):
    """Usually empty. Rows come by the button and go by theirs."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows: list[_Row] = []
        self._column = QVBoxLayout()
        self._column.setSpacing(8)
        self._button = add = QPushButton("Add a STUN or TURN server", self)
        add.setObjectName("settingsIceAdd")
        add.setProperty("kind", "link")
        add.setAutoDefault(False)
        add.clicked.connect(self._add_empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(self._column)
        layout.addWidget(add, 0, Qt.AlignmentFlag.AlignLeft)
        words = "For networks that let nothing else through. A TURN password is kept in the settings file."
        layout.addWidget(small_words(words, "caption", self))

    def fill(self, servers: tuple[IceServer, ...]) -> None:
        """Show these."""
        for row in tuple(self._rows):
            self._drop(row)
        for server in servers:
            self._add(server)

    def servers(self) -> tuple[IceServer, ...]:
        """What stands in the rows and is right."""
        return tuple(server for row in self._rows if not ice_trouble(server := row.server()))

    def wrong_row(self) -> QWidget | None:
        """The first row with something wrong in it, which is said there."""
        wrong = [row for row in self._rows if not row.is_right()]
        return wrong[0] if wrong else None

    def _add(self, server: IceServer) -> "_Row":
        row = _Row(server, self)
        row.remove.clicked.connect(lambda: self._drop(row))
        self._rows.append(row)
        self._column.addWidget(row)
        row.show()
        before = _stop_before(self._button)
        for stop in row.stops:
            self.setTabOrder(before, stop)
            before = stop
        return row

    def _add_empty(self) -> None:
        self._add(IceServer("")).setFocus()

    def _drop(self, row: "_Row") -> None:
        self._rows.remove(row)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()


class _Row(QFrame):
    def __init__(self, server: IceServer, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._url = _entry("settingsIceUrl", server.url, "stun:HOST:PORT", self)
        self._user = _entry("settingsIceUser", server.username, "", self)
        self._password = _entry("settingsIcePassword", server.password, "", self)
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        self.remove = QPushButton("Remove", self)
        self.remove.setObjectName("settingsIceRemove")
        self.remove.setProperty("kind", "link")
        self.remove.setAutoDefault(False)
        self._url_field = Field("STUN or TURN address", self._url, parent=self)
        self._for_turn = (Field("User", self._user, parent=self), Field("Password", self._password, parent=self))
        self.setFocusProxy(self._url)
        self.stops = (self._url, self._user, self._password, self.remove)
        user = QHBoxLayout()
        user.setSpacing(8)
        for field in self._for_turn:
            user.addWidget(field, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 6)
        layout.setSpacing(8)
        layout.addWidget(self._url_field)
        layout.addLayout(user)
        layout.addWidget(self.remove, 0, Qt.AlignmentFlag.AlignRight)
        self._url.textChanged.connect(self._show_what_matters)
        self._show_what_matters()

    def server(self) -> IceServer:
        """What stands here. A STUN server asks for nobody's name."""
        url = self._url.text().strip()
        return IceServer(url, self._user.text().strip(), self._password.text()) if _is_turn(url) else IceServer(url)

    def is_right(self) -> bool:
        """Say what is wrong, if anything."""
        server = self.server()
        words = "" if server == IceServer("") else ice_trouble(server)
        self._url_field.complain(words)
        return not words

    def _show_what_matters(self) -> None:
        for field in self._for_turn:
            field.setVisible(_is_turn(self._url.text().strip()))


def _stop_before(widget: QWidget) -> QWidget:
    """Where the Tab key was before it comes here."""
    before = widget.previousInFocusChain()
    while before is not None and before.focusPolicy() is Qt.FocusPolicy.NoFocus:
        before = before.previousInFocusChain()
    assert before is not None
    return before


def _is_turn(url: str) -> bool:
    return url.startswith("turn")


def _entry(name: str, text: str, example: str, parent: QWidget) -> QLineEdit:
    entry = QLineEdit(text, parent)
    entry.setObjectName(name)
    entry.setPlaceholderText(example)
    return entry
