from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.conversation.admission import Secret
from app.conversation.presets import PRESETS, Preset
from app.conversation.prices import PRICES, Price
from app.conversation.profiles import AuthStyle, Door, IceServer, Transport
from app.conversation.settings import Effort, NoiseFilter, Settings, Theme, TurnMode
from app.realtime.choices import Modality, RetentionRatio
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


def make_new(opened: Open, title: str) -> None:
    menu = opened.child(QToolButton, "settingsNewProfile").menu()
    next(action for action in menu.actions() if action.text() == title).trigger()


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
    opened.choose("settingsTransport", Transport.WEBSOCKET)
    opened.child(QComboBox, "settingsVoice").setEditText("a-voice-of-mine")
    opened.choose("settingsTurnMode", TurnMode.PUSH_TO_TALK)
    opened.child(QSpinBox, "settingsTail").setValue(350)
    opened.child(QCheckBox, "settingsInterrupt").click()
    opened.choose("settingsNoise", NoiseFilter.FAR_FIELD)
    opened.child(QPlainTextEdit, "settingsInstructions").setPlainText("Be brief.")
    opened.child(QLineEdit, "settingsTranscriptionLanguage").setText("DE")
    opened.choose("settingsModality", Modality.TEXT)
    opened.child(QDoubleSpinBox, "settingsSpeed").setValue(1.2)
    opened.child(QCheckBox, "settingsRestore").click()
    opened.choose("settingsEffort", Effort.LOW)
    opened.child(QSpinBox, "settingsTokens").setValue(2000)
    opened.choose("settingsTruncation", "share")
    opened.child(QSpinBox, "settingsShare").setValue(65)
    opened.choose("settingsIdleHangUp", 600)
    opened.child(QDoubleSpinBox, "settingsCostCap").setValue(2.5)
    opened.choose("settingsTheme", Theme.DARK)
    saved = opened.save()
    assert saved is not None
    settings = saved[0]
    assert settings.active_profile.title == "Work"
    assert settings.active_profile.transport is Transport.WEBSOCKET
    assert settings.active_profile.voice == "a-voice-of-mine"
    assert (settings.turn.mode, settings.turn.tail_ms) == (TurnMode.PUSH_TO_TALK, 350)
    assert (settings.instructions, settings.transcription_language) == ("Be brief.", "de")
    assert (settings.turn.interrupt_response, settings.noise_reduction) == (False, NoiseFilter.FAR_FIELD)
    assert (settings.output_modality, settings.speed) == (Modality.TEXT, 1.2)
    assert (settings.restore_context, settings.reasoning_effort) == (False, Effort.LOW)
    assert (settings.max_output_tokens, settings.truncation) == (2000, RetentionRatio(0.65))
    assert (settings.idle_hang_up_s, settings.cost_cap_usd) == (600, 2.5)
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
    make_new(opened, "Token broker")
    opened.child(QLineEdit, "settingsTitle").setText("Second")
    fill_in_broker(opened)
    saved = opened.save()
    assert saved is not None
    assert saved[0].active_profile.title == "Second"
    assert (saved[0].profile, saved[0].active_profile.preset) == ("broker-2", "broker")
    assert len(saved[0].profiles) == 4
    opened.dialog.show()
    opened.child(QPushButton, "settingsRemoveProfile").click()
    saved = opened.save()
    assert saved is not None
    assert len(saved[0].profiles) == 3


@pytest.mark.parametrize("preset", [preset for preset in PRESETS if preset.name != "rehearsal"])
def test_every_kind_of_server_is_offered(opened: Open, preset: Preset) -> None:
    fill_in_broker(opened)
    make_new(opened, preset.profile.title)
    assert any(label.text() == preset.about for label in opened.dialog.findChildren(QLabel))
    for name in ("settingsBrokerUrl", "settingsServerUrl"):
        field = opened.child(QLineEdit, name)
        if field.isVisible() and not field.text():
            assert field.placeholderText() == preset.address
            field.setText("https://example.org/v1")
    saved = opened.save()
    assert saved is not None
    made, meant = saved[0].active_profile, preset.profile
    assert made == replace(preset.named(made.name, made.title), broker_url=made.broker_url, server_url=made.server_url)
    assert (made.door, made.auth, made.dialect) == (meant.door, meant.auth, meant.dialect)


def test_two_of_a_kind_can_be_told_apart(opened: Open) -> None:
    make_new(opened, "LocalAI")
    make_new(opened, "LocalAI")
    picker = opened.child(QComboBox, "settingsProfile")
    assert (picker.currentText(), picker.currentData()) == ("LocalAI 2", "localai-2")


def test_a_server_without_a_key_asks_for_none(opened: Open) -> None:
    make_new(opened, "LocalAI")
    assert opened.shown("settingsCredential")
    opened.choose("settingsAuth", AuthStyle.NONE)
    assert not opened.shown("settingsCredential")


def test_ice_servers_come_and_go(opened: Open) -> None:
    fill_in_broker(opened)
    opened.child(QToolButton, "settingsServerMore").click()
    add = opened.child(QPushButton, "settingsIceAdd")
    for _ in range(3):
        add.click()
    urls = opened.dialog.findChildren(QLineEdit, "settingsIceUrl")
    users = opened.dialog.findChildren(QLineEdit, "settingsIceUser")
    passwords = opened.dialog.findChildren(QLineEdit, "settingsIcePassword")
    assert not users[0].isVisible()
    urls[0].setText("stun:stun.example.org")
    urls[1].setText("turn:turn.example.org")
    assert opened.save() is None, "a TURN server needs a user"
    users[1].setText("me")
    passwords[1].setText("secret")
    assert passwords[1].isVisible()
    assert passwords[1].echoMode() is QLineEdit.EchoMode.Password
    saved = opened.save()
    assert saved is not None
    turn = IceServer("turn:turn.example.org", "me", "secret")
    assert saved[0].active_profile.ice_servers == (IceServer("stun:stun.example.org"), turn)
    opened.dialog.show()
    opened.dialog.findChildren(QPushButton, "settingsIceRemove")[0].click()
    saved = opened.save()
    assert saved is not None
    assert saved[0].active_profile.ice_servers == (turn,)


def test_what_is_wrong_is_unfolded(opened: Open) -> None:
    fill_in_broker(opened)
    path = opened.child(QLineEdit, "settingsCallsPath")
    assert not path.isVisible()
    path.setText("calls")
    assert opened.save() is None
    assert path.isVisible()
    assert opened.child(QLabel, "settingsCallsPathError").text()


def test_what_no_server_would_take_is_said_beside_the_field(opened: Open) -> None:
    fill_in_broker(opened)
    idle = opened.child(QSpinBox, "settingsIdleTimeout")
    idle.setValue(1000)
    assert opened.save() is None
    assert idle.isVisible()
    assert "5000" in opened.child(QLabel, "settingsIdleTimeoutError").text()
    idle.setValue(8000)
    saved = opened.save()
    assert saved is not None
    assert saved[0].turn.idle_timeout_ms == 8000
    assert opened.child(QLabel, "settingsIdleTimeoutError").text() == ""


def test_a_way_that_is_not_taken_keeps_what_it_had(opened: Open) -> None:
    fill_in_broker(opened)
    opened.child(QSpinBox, "settingsIdleTimeout").setValue(1000)
    opened.choose("settingsTurnMode", TurnMode.PUSH_TO_TALK)
    saved = opened.save()
    assert saved is not None
    assert saved[0].turn.idle_timeout_ms == 0


def test_a_price_can_be_changed_and_another_model_added(opened: Open) -> None:
    fill_in_broker(opened)
    model = opened.store.settings.active_profile.model
    opened.child(QDoubleSpinBox, "settingsPrice-audio_out").setValue(70.5)
    assert not opened.child(QPushButton, "settingsRemovePrice").isEnabled()
    opened.child(QPushButton, "settingsNewPrice").click()
    opened.child(QLineEdit, "settingsPriceName").setText("two words")
    assert opened.save() is None
    assert opened.child(QLabel, "settingsPriceNameError").isVisible()
    opened.child(QLineEdit, "settingsPriceName").setText("own-model")
    opened.child(QDoubleSpinBox, "settingsPrice-text_in").setValue(1.25)
    opened.choose("settingsPriceModel", model)
    saved = opened.save()
    assert saved is not None
    prices = saved[0].prices
    assert prices["own-model"] == Price(text_in=1.25)
    assert prices[model] == replace(PRICES[model], audio_out=70.5)
    opened.dialog.show()
    opened.choose("settingsPriceModel", "own-model")
    opened.child(QPushButton, "settingsRemovePrice").click()
    saved = opened.save()
    assert saved is not None
    assert "own-model" not in saved[0].prices


def test_a_model_has_one_price(opened: Open) -> None:
    fill_in_broker(opened)
    opened.child(QPushButton, "settingsNewPrice").click()
    opened.child(QLineEdit, "settingsPriceName").setText("gpt-realtime-2.1")
    assert opened.save() is None
    opened.choose("settingsPriceModel", "gpt-realtime-2.1")
    assert opened.child(QLineEdit, "settingsPriceName").text() == "gpt-realtime-2.1", "the wrong one stays in view"
    assert opened.child(QLineEdit, "settingsPriceName").isVisible()


def test_finer_values_than_are_shown_are_kept(opened: Open) -> None:
    settings = replace(
        opened.store.settings,
        speed=1.234567,
        idle_hang_up_s=45,
        truncation=RetentionRatio(0.8123),
        turn=replace(opened.store.settings.turn, threshold=0.123456),
    )
    opened.store.show_settings(settings)
    again = SettingsDialog(opened.store, opened.wishes)
    line = again.findChild(QLineEdit, "settingsBrokerUrl")
    assert isinstance(line, QLineEdit)
    line.setText("https://example.org/token")
    save = again.findChild(QPushButton, "settingsSave")
    assert isinstance(save, QPushButton)
    save.click()
    saved = opened.wishes.made[-1][1]
    assert isinstance(saved, Settings)
    assert replace(saved, profiles=()) == replace(settings, profiles=())
    again.deleteLater()


def stops(opened: Open, first: str) -> list[str]:
    """What the Tab key comes to, from one widget on to the last of the page."""
    widget: QWidget | None = opened.child(QWidget, first)
    found: list[str] = []
    while widget is not None and not (widget.objectName().startswith("settingsTab") or widget.objectName() in found):
        if widget.objectName().startswith("settings") and widget.isVisible():
            found.append(widget.objectName())
        widget = widget.nextInFocusChain()
    return found


@pytest.mark.parametrize(
    ("page", "first", "order"),
    [
        ("Turns", "settingsTurnMode", ["settingsNoise", "settingsTurnsMore", "settingsThreshold"]),
        ("Assistant", "settingsInstructions", ["settingsRestore", "settingsAssistantMore", "settingsEffort"]),
        ("Limits", "settingsIdleHangUp", ["settingsCostCap", "settingsLimitsMore", "settingsPriceModel"]),
        ("Server", "settingsProfile", ["settingsVoice", "settingsServerMore", "settingsIceUrl", "settingsIceAdd"]),
    ],
)
def test_the_tab_key_goes_down_the_page(opened: Open, page: str, first: str, order: list[str]) -> None:
    opened.child(QToolButton, f"settingsTab{page}").click()
    opened.child(QToolButton, f"settings{page}More").click()
    if page == "Server":
        opened.child(QPushButton, "settingsIceAdd").click()
    found = stops(opened, first)
    assert sorted(order, key=found.index) == order


def test_screen_readers_turn_pages_and_unfold_without_a_click(opened: Open) -> None:
    for name, shown in (("settingsTabLimits", "settingsCostCap"), ("settingsLimitsMore", "settingsPriceModel")):
        button = opened.child(QToolButton, name)
        QAccessible.queryAccessibleInterface(button).actionInterface().doAction("Toggle")
        assert opened.shown(shown)


def test_every_entry_has_a_name_for_screen_readers(opened: Open) -> None:
    kinds = (QLineEdit, QComboBox, QAbstractSpinBox, QPlainTextEdit, QAbstractButton)
    nameless = [
        entry.objectName()
        for kind in kinds
        for entry in opened.dialog.findChildren(kind)
        if entry.objectName().startswith("settings")
        and not QAccessible.queryAccessibleInterface(entry).text(QAccessible.Text.Name)
    ]
    assert nameless == []


def test_cancel_leaves_everything(opened: Open) -> None:
    fill_in_broker(opened)
    opened.child(QPushButton, "settingsCancel").click()
    assert opened.wishes.made == []
    assert not opened.dialog.isVisible()
