"""How one setting is declared: its default, its bounds, and what its value means."""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

Problem = str | None
"""What is wrong with a value, as the end of a sentence; None when nothing is."""

_RATE: Final = re.compile(r"([1-9]\d{0,5})/(second|minute|hour|day)")
_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@+-]{0,63}")
"""Users, policies and token ids: nothing that a file, a log line or a key in Redis could misread."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in so many seconds."""

    requests: int
    period_s: int

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """From ``20/minute``; raises ValueError."""
        found = _RATE.fullmatch(text)
        if found is None:
            raise ValueError("it must look like 20/minute (second, minute, hour or day)")
        return cls(int(found[1]), _SECONDS[found[2]])


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is checked of a value after its type."""

    low: float | None = None
    high: float | None = None
    one_of: tuple[str, ...] = ()
    check: Callable[[str], Problem] | None = None
    """Called with a text, or with each text of a list."""
    secret: bool = False
    """Never shown, not even in a dump of the configuration."""

    def problem(self, value: object) -> Problem:
        """What is wrong with a value of the right type. Never quotes it: it may be a secret in the wrong line."""
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, int | float) and self.low is not None and self.high is not None:
                if not self.low <= each <= self.high:
                    return f"it must lie between {self.low:.15g} and {self.high:.15g}"
                continue
            if isinstance(each, str):
                if self.one_of and each not in self.one_of:
                    return f"it must be one of {', '.join(self.one_of)}"
                if self.check is not None and (problem := self.check(each)):
                    return problem
        return None


def setting(
    default: Any,
    low: float | None = None,
    high: float | None = None,
    *,
    one_of: tuple[str, ...] = (),
    check: Callable[[str], Problem] | None = None,
    secret: bool = False,
) -> Any:
    """A dataclass field with bounds."""
    return field(default=default, repr=not secret, metadata={"bounds": Bounds(low, high, one_of, check, secret)})


def a_rate(text: str) -> Problem:
    """Check of a rate."""
    try:
        Rate.parse(text)
    except ValueError as why:
        return str(why)
    return None


def a_network(text: str) -> Problem:
    """Check of an address or a network in CIDR form."""
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return "it must be an IP address or a network such as 10.0.0.0/8"
    return None


def an_origin(text: str) -> Problem:
    """Check of a browser origin: scheme and host, and nothing behind them."""
    parts = _split(text)
    if parts is None or parts[0] not in ("http", "https") or not parts[1] or text != f"{parts[0]}://{parts[1]}":
        return "it must be an origin such as https://app.example.com, without a path"
    return None


def a_web_address(text: str) -> Problem:
    """Check of an http or https address without user name, query or fragment; empty means none."""
    parts = _split(text)
    if text and (parts is None or parts[0] not in ("http", "https") or not parts[1] or "@" in parts[1] or parts[2]):
        return "it must be a web address such as https://api.openai.com/v1, without user name or query"
    return None


def a_redis_address(text: str) -> Problem:
    """Check of a Redis address; empty means none."""
    if text and not re.match(r"(rediss?|unix)://", text):
        return "it must begin with redis://, rediss:// or unix://"
    return None


def a_path(text: str) -> Problem:
    """Check of a path below an address."""
    if not re.fullmatch(r"/[A-Za-z0-9_./{}-]*(\?[A-Za-z0-9_=&.-]*)?", text):
        return "it must be a path that begins with a slash"
    return None


def a_name(text: str) -> Problem:
    """Check of a policy's name; empty means none."""
    return None if not text or NAME.fullmatch(text) else "it must be a name of letters, digits, dots, dashes and @"


def _split(text: str) -> tuple[str, str, str] | None:
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for what is no port
    except ValueError:
        return None
    return parts.scheme, parts.netloc, parts.query + parts.fragment
