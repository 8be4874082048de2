"""Shows a hand-made state of the window on the present screen: ``python -m tests.pictures.show STATE``.

Each wish is written to standard output as it is made; the program ends with the window.
"""

import sys

from PySide6.QtWidgets import QApplication

from app.ui.identity import introduce
from tests.pictures.states import STATES, build
from tests.support.wishes import Wishes


class SpokenWishes(Wishes):
    """Wishes that are also written down for whoever started this process."""

    def note(self, *wish: object) -> None:
        super().note(*wish)
        sys.stdout.write(f"{wish[0]}\n")
        sys.stdout.flush()


def main(name: str) -> int:
    """Show it until it is closed."""
    application = QApplication([])
    introduce(application)
    window, _store, _wishes = build(STATES[name], SpokenWishes())
    window.closed.connect(application.quit)
    window.show()
    code = application.exec()
    window.deleteLater()
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
