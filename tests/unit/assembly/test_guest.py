"""What is said when the system does not give the microphone."""

import asyncio

import pytest

from app.assembly import guest
from app.assembly.guest import Guest
from app.conversation.settings import Settings
from app.conversation.troubles import MICROPHONE_ASKED, MicrophoneForbidden, Notice, notice_of
from app.desktop.microphone import Access
from tests.support.stories import Story


class Bench:
    """Stands for the conductor, and for the talk key: a story that is told."""

    def __init__(self) -> None:
        self.story = Story().go_live()
        self.handle = self.story.tell

    def lose_all(self) -> None:
        """Nobody holds one."""


@pytest.mark.parametrize("access", Access)
async def test_what_the_system_says_of_the_microphone_is_told(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest, "microphone_access", lambda: access)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere")
    bench, told = Bench(), list[Notice]()
    async with asyncio.TaskGroup() as tasks:
        one = Guest(
            tasks,
            Settings(),
            "io.example.App",
            bench,  # type: ignore[arg-type]
            bench,  # type: ignore[arg-type]
            lambda _title, _words: None,
            told.append,
        )
        one.before_call()
        one.close()
    denied = access is Access.DENIED
    asked = access is Access.UNDECIDED
    in_the_guide = notice_of(MicrophoneForbidden()) if denied else MICROPHONE_ASKED if asked else None
    assert guest.microphone_notice() == in_the_guide
    assert bench.story.state.notice == (notice_of(MicrophoneForbidden()) if denied else None)
    assert told == ([MICROPHONE_ASKED] if access is Access.UNDECIDED else [])
