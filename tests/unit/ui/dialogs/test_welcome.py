from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QPushButton, QRadioButton
from pytestqt.qtbot import QtBot

from app.conversation.admission import Secret
from app.conversation.profiles import Door
from app.conversation.settings import Settings
from app.ui.dialogs.welcome import WelcomeDialog
from app.ui.look.appearance import Appearance
from tests.support.wishes import Wishes


@dataclass
class Welcome:
    dialog: WelcomeDialog
    wishes: Wishes

    def choose(self, name: str) -> None:
        button = self.dialog.findChild(QRadioButton, name)
        assert isinstance(button, QRadioButton)
        button.click()

    def fill(self, name: str, text: str) -> None:
        entry = self.dialog.findChild(QLineEdit, name)
        assert isinstance(entry, QLineEdit)
        assert entry.isVisible()
        entry.setText(text)

    def start(self) -> None:
        button = self.dialog.findChild(QPushButton, "welcomeStart")
        assert isinstance(button, QPushButton)
        button.click()

    def saved(self) -> tuple[Settings, Secret | None]:
        [(name, settings, credential)] = self.wishes.made
        assert name == "save_settings"
        assert isinstance(settings, Settings)
        assert credential is None or isinstance(credential, Secret)
        return settings, credential


@pytest.fixture
def welcome(appearance: Appearance, qtbot: QtBot) -> Iterator[Welcome]:
    wishes = Wishes()
    dialog = WelcomeDialog(Settings(), wishes, appearance)
    dialog.show()
    qtbot.waitExposed(dialog)
    yield Welcome(dialog, wishes)
    dialog.close()
    dialog.deleteLater()


def test_rehearsing_offline_is_the_default_and_one_press_away(welcome: Welcome) -> None:
    welcome.start()
    settings, credential = welcome.saved()
    assert (settings.profile, settings.welcomed, credential) == ("rehearsal", True, None)
    assert welcome.dialog.result() == QDialog.DialogCode.Accepted


def test_a_broker_needs_an_address_and_may_need_a_credential(welcome: Welcome) -> None:
    welcome.choose("brokerChoice")
    welcome.start()
    error = welcome.dialog.findChild(QLabel, "welcomeBrokerUrlError")
    assert isinstance(error, QLabel)
    assert error.isVisible()
    assert welcome.wishes.made == []
    welcome.fill("welcomeBrokerUrl", "https://example.org/token")
    welcome.fill("welcomeBrokerCredential", "letmein")
    welcome.start()
    settings, credential = welcome.saved()
    assert settings.active_profile.door is Door.BROKER
    assert settings.active_profile.broker_url == "https://example.org/token"
    assert credential == Secret("letmein")


def test_an_own_key_is_needed_for_the_own_key(welcome: Welcome) -> None:
    welcome.choose("ownKeyChoice")
    welcome.start()
    assert welcome.wishes.made == []
    welcome.fill("welcomeApiKey", "sk-test")
    welcome.start()
    settings, credential = welcome.saved()
    assert settings.active_profile.door is Door.OWN_KEY
    assert credential == Secret("sk-test")


def test_secrets_are_not_shown(welcome: Welcome) -> None:
    for name in ("welcomeBrokerCredential", "welcomeApiKey"):
        entry = welcome.dialog.findChild(QLineEdit, name)
        assert isinstance(entry, QLineEdit)
        assert entry.echoMode() is QLineEdit.EchoMode.Password


def test_closing_it_changes_nothing(welcome: Welcome) -> None:
    welcome.dialog.reject()
    assert welcome.wishes.made == []


def test_it_is_as_high_as_its_words(welcome: Welcome) -> None:
    for name in ("brokerChoice", "ownKeyChoice", "rehearseChoice"):
        welcome.choose(name)
        if name != "rehearseChoice":
            welcome.start()  # which adds a complaint
        for label in welcome.dialog.findChildren(QLabel):
            if label.isVisible() and label.wordWrap():
                assert label.height() >= label.heightForWidth(label.width())
