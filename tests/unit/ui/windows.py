"""A window with its store and the wishes it makes, for tests."""

from dataclasses import dataclass, replace
from typing import TypeVar

from PySide6.QtWidgets import QWidget

from app.ui.store import Store
from app.ui.window import MainWindow
from tests.support.wishes import Wishes

Kind = TypeVar("Kind", bound=QWidget)


@dataclass
class Bench:
    """What a test of the window has in its hands."""

    window: MainWindow
    store: Store
    wishes: Wishes

    def child(self, kind: type[Kind], name: str) -> Kind:
        """The widget of this object name."""
        found = self.window.findChild(kind, name)
        assert isinstance(found, kind), name
        return found

    def show(self, **changes: object) -> None:
        """Show the view with these fields changed."""
        self.store.show_view(replace(self.store.view, **changes))  # type: ignore[arg-type]
