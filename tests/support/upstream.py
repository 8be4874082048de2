"""Knowing when a library changed under an override."""

import hashlib
import inspect
from collections.abc import Callable
from typing import Any


def source_mark(function: Callable[..., Any]) -> str:
    """A short mark of a function's source text: another mark, another text."""
    return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:12]


def assert_unchanged(function: Callable[..., Any], mark: str) -> None:
    """Fail if the function is not the one an override was written against."""
    found = source_mark(function)
    name = f"{function.__module__}.{function.__qualname__}"
    assert found == mark, f"{name} is not what its override was written against: read both, then write {found} here"
