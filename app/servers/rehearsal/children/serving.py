"""The child's side: one JSON line in, one JSON line out, until the parent goes."""

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any


def serve(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Answer every question until standard input ends; an exception in ``answer`` ends the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which closes our input then
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a C library prints must not get in between
        for line in sys.stdin.buffer:
            question = json.loads(line)
            text = json.dumps({"id": question["id"], **answer(question)})
            try:
                answers.write(text.encode() + b"\n")
                answers.flush()
            except BrokenPipeError:
                os._exit(0)  # the parent is gone; closing the file would only raise again
