"""One step of the heart while its rules run."""

from dataclasses import dataclass, field, replace

from app.conversation.commands import Command
from app.conversation.happenings import Happening
from app.conversation.machines import Link
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

    def due(self, deadline_s: float | None) -> bool:
        """Whether that deadline has come."""
        return deadline_s is not None and self.now_s >= deadline_s

    def entered_link(self) -> Link | None:
        """The link's phase if this step changed it."""
        return self.state.link if self.state.link is not self.before.link else None

    def new_event_id(self) -> str:
        """An id for a client event, unique in this run."""
        self.state = replace(self.state, serial=self.state.serial + 1)
        return f"parlance_{self.state.serial}"
