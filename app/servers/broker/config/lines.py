"""Where in a TOML text each key stands: the standard library's parser does not tell, and people look for lines."""

import tomllib
from typing import Any, Final

Path = tuple[str, ...]

_HEADER: Final = "["


def line_numbers(text: str) -> dict[Path, int]:
    """The line of each table and key of a text that is valid TOML.

    Statements are found by asking the parser: lines are gathered until they parse on their own.
    """
    found: dict[Path, int] = {}
    table: Path = ()
    statement, begun = "", 1
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        begun = begun if statement else number
        statement += line
        try:
            said = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        path, is_header = _path(said), statement.lstrip().startswith(_HEADER)
        statement = ""
        if is_header:
            table = path
        for depth in range(1, len(path) + 1):
            found.setdefault(path[:depth] if is_header else table + path[:depth], begun)
    return found


def _path(said: dict[str, Any]) -> Path:
    """The keys on the way to the one thing that a statement says."""
    path: list[str] = []
    here: Any = said
    while isinstance(here, dict) and len(here) == 1:
        (key, here), *_ = here.items()
        path.append(key)
    return tuple(path)
