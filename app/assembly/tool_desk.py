"""What the functions of the model may ask of this app, in the window and without one."""

import asyncio
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final

from app.conversation import happenings as did
from app.conversation.view import Question
from app.realtime.session import Tool
from app.tools.builtin import built_in_tools
from app.tools.registry import Registry


class AppDesk:
    """Session loop only. Questions go into the conversation's state and come back as happenings."""

    def __init__(
        self,
        handle: Callable[[did.Happening], None],
        *,
        notify: Callable[[str, str], None],
        open_page: Callable[[str], None],
    ) -> None:
        self._handle: Final = handle
        self._notify: Final = notify
        self._open_page: Final = open_page
        self._asked: Final[dict[str, asyncio.Future[bool]]] = {}
        self._one_at_a_time: Final = asyncio.Lock()

    async def confirm(self, question: str, yes: str, no: str) -> bool:
        """Ask the person, one question at a time; a cancelled wait takes the question away."""
        async with self._one_at_a_time:
            id = secrets.token_hex(8)
            answer = self._asked[id] = asyncio.get_running_loop().create_future()
            self._handle(did.QuestionAsked(Question(id, question, yes, no)))
            try:
                return bool(await answer)
            finally:
                del self._asked[id]
                self._handle(did.QuestionAnswered(id, False))

    def answer(self, id: str, yes: bool) -> None:
        """The person decided."""
        asked = self._asked.get(id)
        if asked is not None and not asked.done():
            asked.set_result(yes)

    def notify(self, title: str, words: str) -> None:
        """Get the person's attention."""
        self._notify(title, words)

    def open_page(self, url: str) -> None:
        """Show a page in the browser."""
        self._open_page(url)

    def after(self, delay_s: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back once, by the clock on the wall, so that a sleep of the machine counts."""
        loop = asyncio.get_running_loop()
        due = datetime.now().astimezone().timestamp() + delay_s
        handle: list[asyncio.TimerHandle] = []

        def look() -> None:
            left_s = due - datetime.now().astimezone().timestamp()
            if left_s <= 0:
                callback()
            else:
                handle[:] = [loop.call_at(loop.time() + min(left_s, LOOK_AGAIN_S), look)]

        handle.append(loop.call_at(loop.time() + min(delay_s, LOOK_AGAIN_S), look))
        return lambda: handle[0].cancel()

    def now(self) -> datetime:
        """The time of the day, in the person's zone."""
        return datetime.now().astimezone()


LOOK_AGAIN_S: Final = 30.0
"""How late a timer may be after the machine has slept."""


class ToolBox:
    """The built-in functions, as the session sees them."""

    def __init__(self) -> None:
        self._registry: Final = Registry(built_in_tools())
        self.desk: AppDesk | None = None
        """Given once there is a conversation to ask in."""

    def definitions(self) -> tuple[Tool, ...]:
        """What the model is told of them."""
        return self._registry.definitions()

    async def call(self, name: str, arguments: str) -> tuple[str, str]:
        """Run one."""
        assert self.desk is not None
        result = await self._registry.call(name, arguments, self.desk)
        return result.output, result.card
