"""One step of the heart while its rules run."""

from dataclasses import dataclass, field, replace

from app.conversation.commands import Command
from app.conversation.happenings import Happening
from app.conversation.machines import Link, Successor
from app.conversation.state import State


@dataclass(slots=True)
class Step:
    """``before`` stays, ``state`` grows rule by rule, ``commands`` collects what is to be done."""

    before: State
    state: State
    happening: Happening
    now_s: float
    commands: list[Command] = field(default_factory=list)

    def order(self, *commands: Command) -> None:
        """Add what is to be done."""
        self.commands.extend(commands)

    def await_until(self, **deadlines: float | None) -> None:
        """Set deadlines, or drop them with None."""
        self.state = replace(self.state, due=replace(self.state.due, **deadlines))

    def is_due(self, deadline_s: float | None) -> bool:
        """Whether that deadline has come."""
        return deadline_s is not None and self.now_s >= deadline_s

    def forget_past_deadlines(self) -> None:
        """A deadline is due once: who was waiting for it has seen it."""
        self.state = replace(self.state, due=self.state.due.later_than(self.now_s))

    def entered_link(self) -> Link | None:
        """The link's phase if this step changed it."""
        return self.state.link if self.state.link is not self.before.link else None

    def entered_successor(self) -> Successor | None:
        """The successor's phase if this step changed it."""
        return self.state.successor if self.state.successor is not self.before.successor else None

    def new_id(self, prefix: str = "parlance") -> str:
        """An id that is unique in this run."""
        self.state = replace(self.state, serial=self.state.serial + 1)
        return f"{prefix}_{self.state.serial}"
