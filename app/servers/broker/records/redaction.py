"""Text of strangers, made fit for the log: short, printable, and without anything that looks like a secret."""

import re
from typing import Final

_SECRET_LIKE: Final = re.compile(
    r"(?:sk|ek|plb|xai)[-_][A-Za-z0-9_-]+|eyJ[A-Za-z0-9_.-]+|(?i:bearer)\s+\S+|[A-Za-z0-9_-]{32,}"
)
_LONGEST: Final = 200


def fit(text: str, most: int = _LONGEST) -> str:
    """The text with secrets blanked, cut off at ``most`` characters."""
    plain = "".join(each if each.isprintable() else "?" for each in text[: 4 * most])
    return _SECRET_LIKE.sub("…", plain)[:most]
