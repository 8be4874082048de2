"""The first-start choice: three ways to a server."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.conversation.admission import Secret
from app.conversation.profiles import BROKER, OWN_KEY, REHEARSAL, Profile
from app.conversation.settings import Settings
from app.ui.dialogs.card import Card
from app.ui.dialogs.checks import key_trouble, required_key_trouble, url_trouble
from app.ui.intents import Intents
from app.ui.look.appearance import Appearance

_WIDTH_PX = 400


class WelcomeDialog(QDialog):
    """Asks once. Whatever is chosen becomes settings; closing it changes nothing, and it comes again next time."""

    def __init__(
        self, settings: Settings, intents: Intents, appearance: Appearance, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._intents = intents
        self.setObjectName("welcomeDialog")
        self.setWindowTitle("Welcome to Parlance")
        self.setMinimumWidth(340)
        self._rehearse = Card(
            "rehearseChoice", "home", "Rehearse offline",
            "A small assistant on this computer. No account, no network: it works at once.", appearance, self,
        )  # fmt: skip
        self._broker = Card(
            "brokerChoice", "cloud", "Use a token broker",
            "Your organisation runs a server that hands out access. You need its address.", appearance, self,
        )  # fmt: skip
        self._own_key = Card(
            "ownKeyChoice", "key", "Use my own API key",
            "Talk with OpenAI directly and pay by use. The key stays in this computer’s keyring.", appearance, self,
        )  # fmt: skip
        self._cards = (self._rehearse, self._broker, self._own_key)
        self._url = self._broker.add_entry("Broker address", "welcomeBrokerUrl", "https://")
        self._credential = self._broker.add_entry(
            "Credential, if it asks for one", "welcomeBrokerCredential", "", secret=True
        )
        self._key = self._own_key.add_entry("API key", "welcomeApiKey", "sk-…", secret=True)
        self._lay_out()
        self._rehearse.choice.setChecked(True)
        for card in self._cards:
            card.choice.toggled.connect(self._fit)
        self.resize(_WIDTH_PX, 0)
        self._fit()

    def _lay_out(self) -> None:
        title = QLabel("Who would you like to talk with?", self)
        title.setProperty("kind", "title")
        title.setWordWrap(True)
        later = QLabel("You can change this at any time in Settings.", self)
        later.setProperty("kind", "caption")
        start = QPushButton("Start", self)
        start.setObjectName("welcomeStart")
        start.setProperty("kind", "primary")
        start.setDefault(True)
        start.clicked.connect(self._start)
        self._column = layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        layout.setSpacing(12)
        layout.addWidget(title)
        group = QButtonGroup(self)
        for card in self._cards:
            group.addButton(card.choice)
            layout.addWidget(card)
        foot = QHBoxLayout()
        foot.addWidget(later, 1)
        foot.addWidget(start)
        layout.addLayout(foot)

    def _fit(self) -> None:
        """As high as the words and fields in sight; wrapped words alone do not make a dialog grow."""
        self._column.activate()
        self.resize(self.width(), self._column.totalHeightForWidth(self.width()))

    def _start(self) -> None:
        if self._broker.choice.isChecked():
            if self._is_right(self._broker, self._url, url_trouble) and self._is_right(
                self._broker, self._credential, key_trouble
            ):
                self._finish(replace(BROKER, broker_url=self._url.text().strip()), self._credential.text().strip())
        elif self._own_key.choice.isChecked():
            if self._is_right(self._own_key, self._key, required_key_trouble):
                self._finish(OWN_KEY, self._key.text().strip())
        else:
            self._finish(REHEARSAL, "")

    def _is_right(self, card: Card, entry: QLineEdit, check: Callable[[str], str]) -> bool:
        words = check(entry.text())
        card.complain(entry, words)
        self._fit()
        if words:
            entry.setFocus()
        return not words

    def _finish(self, profile: Profile, credential: str) -> None:
        others = tuple(profile if other.name == profile.name else other for other in self._settings.profiles)
        if self._settings.profile_named(profile.name) is None:
            others = (*others, profile)
        settings = replace(self._settings, profile=profile.name, profiles=others, welcomed=True)
        self._intents.save_settings(settings, Secret(credential) if credential else None)
        self.accept()
