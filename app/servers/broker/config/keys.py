"""The main key: from the environment or from a file that nobody else can read. Its text never appears anywhere."""

import os
import re
import stat
from pathlib import Path
from typing import Final

_KEY: Final = re.compile(r"[\x21-\x7e]{8,4096}")
_LONGEST: Final = 8_388_608


class KeyRefused(Exception):
    """There is no key that could be used; the text says why and what to do, and never what was found."""


class Key:
    """A secret that shows itself only when asked by name."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Key(…)"

    def __bool__(self) -> bool:
        return bool(self._text)

    def reveal(self) -> str:
        """The text, for the one header it belongs into."""
        return self._text


def main_key(given: str, file: Path | None) -> Key:
    """The key that was given, else the one in the file; raises KeyRefused."""
    if given:
        return _checked(given, "the environment")
    if file is None:
        raise KeyRefused(
            "There is no main key. Set PARLANCE_BROKER_KEY (or OPENAI_API_KEY), or key_file in [upstream]; "
            'a server without keys wants auth = "none" there.'
        )
    return _checked(read_private(file).decode("utf-8", "replace"), str(file))


def is_open_to_others(path: Path) -> bool:
    """Whether everybody on the machine can read the file."""
    return os.name == "posix" and bool(path.stat().st_mode & stat.S_IROTH)


def read_private(path: Path) -> bytes:
    """A file's content; raises KeyRefused if others may read or change it.

    The open file is asked, not the path: what was checked is what is read.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise KeyRefused(f"{path} is not a plain file.")
            # Windows has no such bits; there the folder's permissions count.
            if os.name == "posix" and mode & (stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP):
                raise KeyRefused(f"{path} can be read or changed by others. Run: chmod 600 {path}")
            return file.read(_LONGEST)
    except OSError as trouble:
        raise KeyRefused(f"{path} cannot be read: {trouble.strerror}.") from None


def _checked(text: str, source: str) -> Key:
    text = text.strip()
    if not _KEY.fullmatch(text):
        raise KeyRefused(f"What stands in {source} cannot be a key: one line of printable characters is expected.")
    return Key(text)
