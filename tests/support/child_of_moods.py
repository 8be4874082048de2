"""A child process for tests: does what it is asked, or dies of it."""

import os
import sys
import threading
from pathlib import Path
from typing import Any

from app.servers.rehearsal.children.serving import serve


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """Do it."""
    os.write(1, b"noise, as C libraries make it")
    match question["do"]:
        case "open":
            return {"pid": os.getpid()}
        case "say":
            return {"said": question["what"]}
        case "wait for a file":
            done = threading.Event()
            Path(question["path"] + ".awaited").touch()
            while not os.path.exists(question["path"]):
                done.wait(0.005)
            return {"waited": True}
        case "hang":
            threading.Event().wait()
        case _:
            pass
    sys.exit(3)


if __name__ == "__main__":
    serve(answer)
