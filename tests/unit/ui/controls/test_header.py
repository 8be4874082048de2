from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from app.conversation.settings import Settings
from app.conversation.view import Look, View
from app.ui.controls.header import Header
from app.ui.look.appearance import Appearance


@pytest.fixture
def header(appearance: Appearance) -> Iterator[Header]:
    one = Header(appearance, [])
    yield one
    one.close()
    one.deleteLater()


def chip(header: Header) -> QToolButton:
    found = header.findChild(QToolButton, "profileChip")
    assert isinstance(found, QToolButton)
    return found


def test_the_chip_names_the_server_and_offers_the_others(header: Header, qtbot: QtBot) -> None:
    header.show_settings(Settings(profile="broker"))
    assert chip(header).text() == "Token broker"
    actions = {action.text(): action for action in chip(header).menu().actions() if action.text()}
    assert [name for name, action in actions.items() if action.isChecked()] == ["Token broker"]
    with qtbot.waitSignal(header.profile_picked) as picked:
        actions["Rehearsal"].trigger()
    assert picked.args == ["rehearsal"]
    with qtbot.waitSignal(header.settings_wanted):
        actions["Edit servers…"].trigger()


def test_the_light_is_told_in_words_too(header: Header) -> None:
    header.show_view(View(Look.RECONNECTING))
    assert chip(header).accessibleDescription() == "connection lost, trying again"
    header.show_view(View(Look.SPEAKING))
    assert chip(header).accessibleDescription() == "connected"
