"""A desk for functions the model calls, whose clock moves when a test says so."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass
class FakeDesk:
    """Remembers what was asked of it, and answers every question the same way."""

    agrees: bool = True
    time: datetime = datetime(2026, 3, 28, 14, 3, tzinfo=ZoneInfo("Europe/Berlin"))
    questions: list[tuple[str, str, str]] = field(default_factory=list)
    notifications: list[tuple[str, str]] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    waiting: dict[object, tuple[datetime, Callable[[], None]]] = field(default_factory=dict)

    async def confirm(self, question: str, yes: str, no: str) -> bool:
        self.questions.append((question, yes, no))
        return self.agrees

    def notify(self, title: str, words: str) -> None:
        self.notifications.append((title, words))

    def open_page(self, url: str) -> None:
        self.pages.append(url)

    def after(self, delay_s: float, callback: Callable[[], None]) -> Callable[[], None]:
        key = object()
        self.waiting[key] = (self.time.astimezone(UTC) + timedelta(seconds=delay_s), callback)

        def call_off() -> None:
            self.waiting.pop(key, None)

        return call_off

    def now(self) -> datetime:
        return self.time

    def pass_time(self, seconds: float) -> None:
        """Let time go by, and call back who waited for it."""
        until = self.time.astimezone(UTC) + timedelta(seconds=seconds)
        self.time = until.astimezone(self.time.tzinfo)
        for key, (due, callback) in sorted(self.waiting.items(), key=lambda entry: entry[1][0]):
            if due <= until:
                del self.waiting[key]
                callback()
