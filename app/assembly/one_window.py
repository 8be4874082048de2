"""One window for each person: a second start raises the first."""

import logging
import sys
from pathlib import Path
from typing import Final

from app.conversation.troubles import SettingsUnwritable
from app.remote.client import ask_until
from app.remote.instance import Instance
from app.remote.wire import Verb
from app.vault.places import private_folder

log = logging.getLogger("parlance.assembly")

STARTING_S: Final = 10.0
"""How long the first may take until it listens."""


def be_the_one(runtime_folder: Path) -> Instance | int | None:
    """The lock of the one window; the exit code if there is one already, which now is in front.

    None where nothing can be locked: then Parlance runs, but cannot be steered from outside.
    """
    try:
        instance = Instance.claim(private_folder(runtime_folder))
    except (OSError, SettingsUnwritable) as error:
        log.warning("x no lock: %s", error)
        return None
    if instance is not None:
        return instance
    answer = ask_until(runtime_folder, Verb.SHOW, STARTING_S)
    if answer.ok:
        return 0
    print("Parlance runs already, but does not answer. End it, then start it again.", file=sys.stderr)
    return 1
