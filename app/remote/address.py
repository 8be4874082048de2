"""Where the control socket is. Standard library only."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_NAME: Final = "control.sock"
_LONGEST_BYTES: Final = 100
"""Of a Unix socket's address: 108 bytes on Linux, 104 on macOS, with the closing zero."""


@contextmanager
def unix_address(folder: Path) -> Iterator[str]:
    """A name of the socket in this folder that can be bound or connected to meanwhile.

    Raises FileNotFoundError without the folder, and OSError where its path is too long for a socket (not on Linux,
    which can name a folder by an open file).
    """
    path = folder / _NAME
    if len(os.fsencode(path)) <= _LONGEST_BYTES:
        yield str(path)
        return
    if sys.platform != "linux":
        raise OSError(f"the path is too long for a socket: {folder}")
    handle = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{handle}/{_NAME}"
    finally:
        os.close(handle)


def pipe_address(folder: Path) -> str:
    """The same on Windows: pipes have a name space of their own, so the name tells the user and the folder."""
    import getpass
    import hashlib  # slow to load, and a pressed key waits

    told = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    return rf"\\.\pipe\parlance-{getpass.getuser()}-{told}"
