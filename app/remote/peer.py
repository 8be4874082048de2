"""Who is at the other end of a Unix socket."""

import os
import socket
import struct
import sys
from typing import Final, Protocol

_LOCAL_PEERCRED: Final = 1
"""macOS, <sys/un.h>; the level SOL_LOCAL is 0."""


class AskedSocket(Protocol):
    """What is asked of a socket; asyncio's and Python's have it."""

    def getsockopt(self, level: int, option: int, size: int) -> bytes:
        """As of ``socket.socket``."""


def is_ours(line: AskedSocket) -> bool:
    """Whether the process at the other end runs as our user. Beside the socket's mode, which could be changed."""
    if sys.platform == "linux":
        _pid, uid, _gid = struct.unpack("3i", line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    elif sys.platform == "darwin":
        # struct xucred: a version, the user, the count of groups, sixteen groups. Untried.
        _version, uid = struct.unpack_from("2I", line.getsockopt(0, _LOCAL_PEERCRED, 76))
    else:
        return True  # a pipe of Windows can be opened for writing by its owner only
    return bool(uid == os.getuid())
