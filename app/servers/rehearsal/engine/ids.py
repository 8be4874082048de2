"""Names for events, items and everything else that needs one."""

from collections.abc import Callable
from typing import Final

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_LENGTH: Final = 21


class Ids:
    """Fresh ids of the protocol's form: a prefix, an underscore and letters and digits."""

    def __init__(self, pick: Callable[[int], int]) -> None:
        """``pick(n)`` returns any number from 0 to n - 1; it must be hard to guess outside tests."""
        self._pick = pick

    def new(self, prefix: str) -> str:
        """An id such as ``item_9fK…``; ``prefix`` comes without the underscore."""
        return f"{prefix}_" + "".join(_ALPHABET[self._pick(len(_ALPHABET))] for _ in range(_LENGTH))
