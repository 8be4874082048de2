"""``main.py call``: one conversation without a window, through the same conductor."""

import argparse
import asyncio
import json
import secrets
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final, TextIO

from app.assembly.surroundings import Adapters, build_adapters
from app.assembly.tool_desk import AppDesk, ToolBox
from app.conversation import happenings as did
from app.conversation.machines import Link
from app.conversation.profiles import BUILT_IN, Door, Profile, Transport
from app.conversation.settings import CueSettings, Hearing, Settings
from app.conversation.troubles import SoundTrouble
from app.conversation.view import Look, Speaker, View
from app.devices.files import FileDevices
from app.realtime.events import KnownEvent, ServerEvent, UnknownEvent
from app.realtime.wire import encode_event
from app.session.conductor import Conductor, Screen
from app.vault.journal import open_journal
from app.vault.places import Places
from app.vault.preferences import load

QUIET_S: Final = 2.0
"""Without ``--for`` the call ends once everything was said and nothing happened for so long."""


def run_call(options: argparse.Namespace) -> int:
    """Exit code 0, or 1 after one line that says why and what to do."""
    places = Places.here()
    open_journal(places.log_folder, verbose=options.verbose)
    settings, broken = load(places.settings_file)
    if broken is not None:
        print(broken, file=sys.stderr)
    profile = _profile(settings, options)
    if profile is None:
        known = ", ".join(each.name for each in settings.profiles)
        return _fail(f"There is no profile named {options.profile!r}. Use one of: {known}.")
    settings = replace(
        settings,
        profile=profile.name,
        profiles=(*(each for each in settings.profiles if each.name != profile.name), profile),
        muted=False,
        hearing=Hearing.AS_IS,  # a file has no loudspeaker beside it
        cues=CueSettings(enabled=False),  # and holds what the assistant says
    )
    try:
        with ExitStack() as files:
            return asyncio.run(_Call(settings, places, options, files).run())
    except SoundTrouble as trouble:
        return _fail(str(trouble))
    except OSError as unwritable:
        return _fail(f"A file cannot be written: {unwritable.strerror} ({unwritable.filename}). Check the path.")


def _fail(line: str) -> int:
    print(line, file=sys.stderr)
    return 1


def _profile(settings: Settings, options: argparse.Namespace) -> Profile | None:
    """The named profile with what the command line overrides."""
    name = options.profile or ("broker" if options.broker else settings.profile)
    known = (*settings.profiles, *BUILT_IN)
    profile = next((each for each in known if each.name == name), None)
    if profile is None:
        return None
    if options.broker:
        door = profile.door if profile.door is Door.BROKER_PROXY else Door.BROKER
        profile = replace(profile, broker_url=options.broker, door=door)
    if options.server:
        profile = replace(profile, server_url=options.server.rstrip("/"))
    if options.transport:
        profile = replace(profile, transport=Transport(options.transport))
    return profile


class _Call:
    """One run; lives on its own asyncio loop."""

    def __init__(self, settings: Settings, places: Places, options: argparse.Namespace, files: ExitStack) -> None:
        self._settings: Final = settings
        self._places: Final = places
        self._text: Final[str] = options.text
        self._duration_s: Final[float | None] = options.duration_s
        self._events: Final = _opened(options.events, files)
        self._transcript: Final = _opened(options.transcript, files)
        self._input_ended: Final = asyncio.Event()
        self._changed: Final = asyncio.Event()
        self._view = View()
        self._input: Final[Path | None] = options.input
        self._output: Final[Path | None] = options.output

    async def run(self) -> int:
        loop = asyncio.get_running_loop()

        def input_ended() -> None:
            loop.call_soon_threadsafe(self._input_ended.set)

        devices = FileDevices(self._input, self._output, at_end=input_ended)
        if self._input is None:
            self._input_ended.set()
        adapters = build_adapters(self._places)
        try:
            async with asyncio.TaskGroup() as tasks:
                screen = Screen(view=self._show, desk=lambda _view: None, event=self._record)
                tools = ToolBox()
                conductor = Conductor(tasks, adapters.world, devices, tools, self._settings, screen)
                tools.desk = AppDesk(conductor.handle, notify=_ignore, open_page=_ignore)
                for number in (signal.SIGINT, signal.SIGTERM):
                    loop.add_signal_handler(number, conductor.handle, did.DisconnectRequested())
                await self._converse(conductor)
                adapters.tokens.hurry()
            self._write_transcript(conductor)
        finally:
            await _put_away(adapters, devices)
        notice = self._view.notice
        return _fail(f"{notice.sentence} {notice.remedy}") if notice is not None and notice.is_trouble else 0

    async def _converse(self, conductor: Conductor) -> None:
        conductor.handle(did.ConnectRequested())
        await self._until(lambda: conductor.state.link in (Link.LIVE, Link.DOWN))
        if conductor.state.link is not Link.LIVE:
            return
        began_s = asyncio.get_running_loop().time()
        if self._text:
            conductor.handle(did.TextSubmitted(self._text, f"item_{secrets.token_hex(8)}"))
        try:
            if self._duration_s is not None:
                async with asyncio.timeout_at(began_s + self._duration_s):
                    await self._until(lambda: conductor.state.link is Link.DOWN)
            else:
                await self._until_quiet(conductor)
        except TimeoutError:
            pass
        conductor.handle(did.DisconnectRequested())

    async def _until_quiet(self, conductor: Conductor) -> None:
        """Until the input has been played, all is answered, and nothing changed for a while."""
        await self._input_ended.wait()
        while conductor.state.link is Link.LIVE:
            self._changed.clear()
            try:
                async with asyncio.timeout(QUIET_S):
                    await self._changed.wait()
            except TimeoutError:
                if self._view.look is Look.LISTENING:
                    return

    async def _until(self, reached: Callable[[], bool]) -> None:
        while not reached():
            self._changed.clear()
            await self._changed.wait()

    def _show(self, view: View) -> None:
        self._view = view
        self._changed.set()

    def _record(self, event: ServerEvent) -> None:
        if self._events is not None and isinstance(event, KnownEvent | UnknownEvent):
            self._events.write(encode_event(event) + "\n")
            self._events.flush()

    def _write_transcript(self, conductor: Conductor) -> None:
        if self._transcript is None:
            return
        transcript = conductor.state.transcript
        began_s = min((entry.started_s for entry in transcript.entries.values()), default=0.0)
        for row in transcript.rows:
            entry = transcript.get(row.id)
            if entry is None or row.speaker is Speaker.TOOL:
                continue
            turn = {
                "role": row.speaker.value,
                "text": row.text + row.unheard,
                "item_id": row.id,
                "start_ms": round((entry.started_s - began_s) * 1000),
                "heard": row.text,
            }
            self._transcript.write(json.dumps(turn, ensure_ascii=False) + "\n")


def _ignore(*_words: str) -> None:
    """Nobody sits in front of a call without a window: notifications and pages go nowhere."""


async def _put_away(adapters: Adapters, devices: FileDevices) -> None:
    await adapters.close()
    await asyncio.to_thread(devices.close)


def _opened(path: Path | None, files: ExitStack) -> TextIO | None:
    return None if path is None else files.enter_context(path.open("w", encoding="utf-8"))
