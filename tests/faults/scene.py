"""Where faults happen: a server, the road to it, a conversation over both, and the list of all faults."""

import json
import os
import urllib.request
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.conversation.profiles import Transport
from app.conversation.troubles import Trouble
from tests.support.http_server import HttpServer, Line, answer
from tests.support.rehearsal import KEY
from tests.support.road import Road
from tests.support.talk import Talk
from tests.support.tone_server import ToneServer

BOTH: Final = (Transport.WEBRTC, Transport.WEBSOCKET)
NOTHING: Final = "nothing"
RECONNECTING: Final = "Reconnecting"


@dataclass(frozen=True)
class Scene:
    """What a fault can happen to."""

    transport: Transport
    server: ToneServer
    road: Road
    talk: Talk
    broker: HttpServer | None
    pid_file: Path
    """Where the server tells its process id, if it is one of its own."""

    def signal(self, number: int) -> None:
        """To the server's process."""
        os.kill(int(self.pid_file.read_text()), number)

    async def spoil(self, **running: object) -> None:
        """From now on the server meets the running calls with these faults."""
        await self.server.put_faults(running=running)

    async def hang_up_and_open(self) -> None:
        """Break the conversation off without any damage: the server ends it and is there again at once."""
        await self.server.stop()
        await self.server.start()

    def give_out_secrets(self) -> None:
        """From now on the broker is well."""
        assert self.broker is not None
        self.broker.script = self.mint

    def mint(self, line: Line) -> None:
        """As a good broker: ask the server for a secret. On a thread of the broker's."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.server.port}/v1/realtime/client_secrets",
            data=b'{"session":{"type":"realtime"}}',
            headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=5) as reply:
            told = json.load(reply)
        body = json.dumps({"value": told["value"], "expires_at": told["expires_at"]})
        answer(200, body, content_type="application/json")(line)


@dataclass(frozen=True)
class Fault:
    """One row of app/FAULTS.md. ``cause`` begins when a first question has been answered, unless it is ``early``."""

    name: str
    transports: tuple[Transport, ...]
    sees: str
    """NOTHING, RECONNECTING, or one sentence."""
    cause: Callable[[Scene], Awaitable[None]]
    goes_on: bool = False
    """A sentence is shown and the conversation goes on."""
    early: bool = False
    """It happens before anything is connected."""
    by_broker: bool = False
    push_to_talk: bool = False
    by_process: bool = False
    """The server is a child process of the app."""
    coming: Mapping[str, object] = field(default_factory=dict)
    """What the server's own fault panel is set to before the first connection."""

    @property
    def ends(self) -> bool:
        """Whether the conversation cannot go on."""
        return self.sees not in (NOTHING, RECONNECTING) and not self.goes_on


FAULTS: Final[list[Fault]] = []


def fault(
    name: str, sees: str | type[Trouble] = RECONNECTING, on: tuple[Transport, ...] = BOTH, **traits: object
) -> Callable[[Callable[[Scene], Awaitable[None]]], Callable[[Scene], Awaitable[None]]]:
    """Put a fault on the list."""
    words = sees if isinstance(sees, str) else sees.sentence

    def listed(cause: Callable[[Scene], Awaitable[None]]) -> Callable[[Scene], Awaitable[None]]:
        FAULTS.append(Fault(name, on, words, cause, **traits))  # type: ignore[arg-type]  # named as the fields are
        return cause

    return listed
