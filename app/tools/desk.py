"""What a function may ask of the app. The app satisfies it by shape; a function that needs more does not exist yet."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol


class Desk(Protocol):
    """The person's attention, the browser and the clock. Session loop only; only ``confirm`` takes time."""

    async def confirm(self, question: str, yes: str, no: str) -> bool:
        """Whether the person agrees; ``yes`` and ``no`` are the words on the buttons.

        Cancelling the call takes the question off the screen.
        """

    def notify(self, title: str, words: str) -> None:
        """Get the person's attention, also when the window is out of sight. Plain text, partly the model's words."""

    def open_page(self, url: str) -> None:
        """Show a web page in the person's browser. The person has been asked before."""

    def after(self, delay_s: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back once, after that much time, sleep of the machine included; returns what calls it off."""

    def now(self) -> datetime:
        """The time of the day: aware, in the person's own zone."""
