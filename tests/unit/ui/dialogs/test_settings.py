from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.admission import Secret
from app.conversation.profiles import Door, IceServer
from app.conversation.settings import Settings, Theme, TurnMode
from app.ui.dialogs.settings import SettingsDialog
from app.ui.look.appearance import Appearance
from app.ui.store import Store
from tests.support.wishes import Wishes

Kind = TypeVar("Kind", bound=QWidget)


@dataclass
class Open:
    dialog: SettingsDialog
    store: Store
    wishes: Wishes

    def child(self, kind: type[Kind], name: str) -> Kind:
        found = self.dialog.findChild(kind, name)
        assert isinstance(found, kind), name
        return found

    def choose(self, name: str, value: object) -> None:
        picker = self.child(QComboBox, name)
        at = next(at for at in range(picker.count()) if picker.itemData(at) == value)
        picker.setCurrentIndex(at)
        picker.activated.emit(at)

    def save(self) -> tuple[Settings, Secret | None] | None:
        self.child(QPushButton, "settingsSave").click()
        if not self.wishes.made:
            return None
        name, settings, credential = self.wishes.made[-1]
        assert name == "save_settings"
        assert isinstance(settings, Settings)
        assert credential is None or isinstance(credential, Secret)
        return settings, credential

    def shown(self, name: str) -> bool:
        return self.child(QWidget, name).isVisible()


@pytest.fixture
def opened(appearance: Appearance, qtbot: QtBot) -> Iterator[Open]:
    store, wishes = Store(), Wishes()
    store.show_settings(Settings(profile="broker", welcomed=True))
    store.show_credentials(frozenset({"broker"}))
    dialog = SettingsDialog(store, wishes)
    dialog.show()
    qtbot.waitExposed(dialog)
    yield Open(dialog, store, wishes)
    dialog.close()
    dialog.deleteLater()


def fill_in_broker(opened: Open) -> None:
    opened.child(QLineEdit, "settingsBrokerUrl").setText("https://example.org/token")


def test_saving_without_a_change_changes_nothing(opened: Open) -> None:
    fill_in_broker(opened)
    saved = opened.save()
    assert saved is not None
    settings, credential = saved
    assert credential is None
    assert replace(settings, profiles=()) == replace(opened.store.settings, profiles=())
    assert settings.active_profile.broker_url == "https://example.org/token"


def test_what_changed_meanwhile_is_kept(opened: Open) -> None:
    fill_in_broker(opened)
    opened.store.show_settings(replace(opened.store.settings, muted=True, output_volume=0.2))
    saved = opened.save()
    assert saved is not None
    assert (saved[0].muted, saved[0].output_volume) == (True, 0.2)


def test_each_page_is_saved(opened: Open) -> None:
    fill_in_broker(opened)
    opened.child(QLineEdit, "settingsTitle").setText("Work")
    opened.child(QPlainTextEdit, "settingsIce").setPlainText("turn:t.example.org me secret")
    opened.choose("settingsTurnMode", TurnMode.PUSH_TO_TALK)
    opened.child(QSpinBox, "settingsTail").setValue(350)
    opened.child(QPlainTextEdit, "settingsInstructions").setPlainText("Be brief.")
    opened.child(QLineEdit, "settingsTranscriptionLanguage").setText("DE")
    opened.choose("settingsTheme", Theme.DARK)
    saved = opened.save()
    assert saved is not None
    settings = saved[0]
    assert settings.active_profile.title == "Work"
    assert settings.active_profile.ice_servers == (IceServer("turn:t.example.org", "me", "secret"),)
    assert (settings.turn.mode, settings.turn.tail_ms) == (TurnMode.PUSH_TO_TALK, 350)
    assert (settings.instructions, settings.transcription_language) == ("Be brief.", "de")
    assert settings.theme is Theme.DARK


@pytest.mark.parametrize(
    ("field", "text", "error"),
    [
        ("settingsBrokerUrl", "http://example.org", "settingsBrokerUrlError"),
        ("settingsCredential", "two words", "settingsCredentialError"),
        ("settingsTranscriptionLanguage", "German", "settingsTranscriptionLanguageError"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(opened: Open, field: str, text: str, error: str) -> None:
    fill_in_broker(opened)
    opened.child(QLineEdit, field).setText(text)
    assert opened.save() is None
    label = opened.child(QLabel, error)
    assert label.isVisible()
    assert label.text()
    assert opened.dialog.isVisible()


def test_a_credential_is_handed_over_and_never_shown(opened: Open) -> None:
    fill_in_broker(opened)
    field = opened.child(QLineEdit, "settingsCredential")
    assert field.text() == ""
    assert field.placeholderText().startswith("Stored")
    assert field.echoMode() is QLineEdit.EchoMode.Password
    field.setText(" new ")
    saved = opened.save()
    assert saved is not None
    assert saved[1] == Secret("new")


def test_forgetting_a_credential(opened: Open) -> None:
    button = opened.child(QPushButton, "settingsForget")
    button.click()
    assert opened.wishes.made == [("forget_credential", "broker")]
    assert not button.isVisible()
    assert opened.child(QLineEdit, "settingsCredential").placeholderText() == "None stored"


def test_a_typed_credential_does_not_wander_to_another_server(opened: Open) -> None:
    opened.child(QLineEdit, "settingsCredential").setText("for-the-broker")
    opened.choose("settingsProfile", "rehearsal")
    saved = opened.save()
    assert saved is not None
    assert saved[0].profile == "rehearsal"
    assert saved[1] is None


def test_only_what_the_door_needs_is_shown(opened: Open) -> None:
    assert opened.shown("settingsBrokerUrl")
    opened.choose("settingsDoor", Door.OWN_KEY)
    assert not opened.shown("settingsBrokerUrl")
    assert opened.shown("settingsServerUrl")
    opened.choose("settingsDoor", Door.REHEARSAL)
    assert not opened.shown("settingsCredential")


def test_a_new_server_can_be_made_and_removed(opened: Open) -> None:
    fill_in_broker(opened)
    assert not opened.child(QPushButton, "settingsRemoveProfile").isEnabled()
    opened.child(QPushButton, "settingsNewProfile").click()
    opened.child(QLineEdit, "settingsTitle").setText("Second")
    fill_in_broker(opened)
    saved = opened.save()
    assert saved is not None
    assert saved[0].active_profile.title == "Second"
    assert len(saved[0].profiles) == 4
    opened.dialog.show()
    opened.child(QPushButton, "settingsRemoveProfile").click()
    saved = opened.save()
    assert saved is not None
    assert len(saved[0].profiles) == 3


def test_cancel_leaves_everything(opened: Open) -> None:
    fill_in_broker(opened)
    opened.child(QPushButton, "settingsCancel").click()
    assert opened.wishes.made == []
    assert not opened.dialog.isVisible()
