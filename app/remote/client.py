"""Asks the running window. Standard library only, and no loop: the answer is wanted within milliseconds."""

import socket
import sys
import time
from pathlib import Path
from typing import Final

from app.remote.address import pipe_address, unix_address
from app.remote.wire import LONGEST_LINE_BYTES, Answer, Junk, Verb, read_answer, request_line

NOT_RUNNING: Final = Answer(False, "Parlance is not running. Start it, then try again.")
SILENT: Final = Answer(False, "Parlance does not answer. Try again in a moment.")
_PATIENCE_S: Final = 2.0
_PAUSE_S: Final = 0.05


def ask(folder: Path, verb: Verb) -> Answer:
    """Ask the window whose runtime folder this is, and wait for its answer; never raises. Blocks up to two seconds."""
    try:
        return read_answer(_exchange(folder, request_line(verb)))
    except (FileNotFoundError, ConnectionRefusedError):
        return NOT_RUNNING
    except (OSError, Junk):
        return SILENT


def ask_until(folder: Path, verb: Verb, within_s: float) -> Answer:
    """The same for a window that may still be starting: asks again until it is done. Blocks up to ``within_s``."""
    give_up_at_s = time.monotonic() + within_s
    while not (answer := ask(folder, verb)).ok and time.monotonic() < give_up_at_s:
        time.sleep(_PAUSE_S)
    return answer


def _exchange(folder: Path, request: bytes) -> bytes:
    if sys.platform == "win32":
        with open(pipe_address(folder), "r+b", buffering=0) as pipe:
            pipe.write(request)
            return pipe.read(LONGEST_LINE_BYTES)
    with socket.socket(socket.AF_UNIX) as line, unix_address(folder) as address:
        line.settimeout(_PATIENCE_S)
        line.connect(address)
        line.sendall(request)
        answer = b""
        while not answer.endswith(b"\n") and len(answer) <= LONGEST_LINE_BYTES:
            some = line.recv(LONGEST_LINE_BYTES)
            if not some:
                break
            answer += some
        return answer
