"""Where a line puts what it has to say. Each line has its own, so that nothing of an old one reaches a new one."""

import asyncio
from enum import Enum, auto
from typing import Final

from app.conversation.troubles import LinkLost, Trouble

MAILBOX_SIZE: Final = 2000
"""Some four seconds of the busiest stream; more in one go than that is no conversation."""


class Sign(Enum):
    """What a line tells of itself on its way up."""

    TRANSPORT_UP = auto()
    CHANNEL_OPEN = auto()


class Mailbox:
    """Satisfies the ears of a line; read by one attempt, in order. Session loop only."""

    def __init__(self) -> None:
        self._words: Final = asyncio.Queue[Sign | str | Trouble](MAILBOX_SIZE)
        self._signs: Final = set[Sign]()
        self._early: Final[list[str]] = []

    def transport_up(self) -> None:
        """The way to the server is there: ICE and DTLS, or the WebSocket's handshake."""
        self._put(Sign.TRANSPORT_UP)

    def channel_opened(self) -> None:
        """The channel can be written to."""
        self._put(Sign.CHANNEL_OPEN)

    def text_arrived(self, text: str) -> None:
        """One message."""
        self._put(text)

    def link_broke(self, trouble: Trouble) -> None:
        """The last thing that is read."""
        self._put(trouble)

    async def until(self, sign: Sign) -> None:
        """Read up to that sign; texts that come before it are kept. Raises the trouble the line broke with."""
        while sign not in self._signs:
            match await self._words.get():
                case Trouble() as trouble:
                    raise trouble
                case str() as text:
                    self._early.append(text)
                case Sign() as seen:
                    self._signs.add(seen)

    async def next_text(self) -> str:
        """The next message; raises the trouble the line broke with."""
        if self._early:
            return self._early.pop(0)
        while True:
            match await self._words.get():
                case Trouble() as trouble:
                    raise trouble
                case str() as text:
                    return text
                case Sign():
                    pass

    @property
    def is_empty(self) -> bool:
        """Whether ``next_text`` would wait."""
        return self._words.empty()

    def _put(self, word: Sign | str | Trouble) -> None:
        if self._words.full():  # a server that floods us is as good as gone
            self._words.get_nowait()
            word = LinkLost()
        self._words.put_nowait(word)
