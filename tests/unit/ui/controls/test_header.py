from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.profiles import BROKER
from app.conversation.settings import Settings
from app.conversation.view import Look, View
from app.ui.controls.header import Header
from app.ui.look.appearance import Appearance


@pytest.fixture
def header(appearance: Appearance, qtbot: QtBot) -> Iterator[Header]:
    holder = QWidget()
    holder.resize(440, 60)
    one = Header(appearance, [], holder)
    one.resize(440, 60)
    holder.show()
    qtbot.waitExposed(holder)
    yield one
    holder.close()
    holder.deleteLater()


def chip(header: Header) -> QToolButton:
    found = header.findChild(QToolButton, "profileChip")
    assert isinstance(found, QToolButton)
    return found


def test_the_chip_names_the_server_and_offers_the_others(header: Header, qtbot: QtBot) -> None:
    header.show_settings(Settings(profile="broker"))
    qtbot.waitUntil(lambda: chip(header).text() == "Token broker")
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


def test_a_long_title_gives_way_in_a_narrow_window(header: Header, qtbot: QtBot) -> None:
    title = "The broker of the department for very long names"
    profiles = (replace(BROKER, title=title),)
    header.show_settings(Settings(profile="broker", profiles=profiles))
    assert header.minimumSizeHint().width() <= 360
    header.resize(300, 60)
    qtbot.waitUntil(lambda: chip(header).width() < 240)
    assert chip(header).text().endswith("…")
    assert title in chip(header).accessibleName()
