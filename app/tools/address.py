"""Web addresses that come from outside: where they really lead, and how to show that. Pure.

Python and browsers read odd addresses differently (a backslash, ``http:/host``, ``0x7f.1``, digits of other scripts),
and whoever writes them profits. So only plain forms pass, and what is shown and opened is put together anew, in ASCII,
from the parts that were checked.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

import idna

_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_LONGEST_NAME: Final = 253
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""A last label like this makes browsers read the name as an IPv4 address (URL standard, "ends in a number")."""
_NOT_IN_ADDRESSES: Final = re.compile(r"[\x00-\x1f\x7f\\]")
_RESERVED: Final = ":/?#[]@!$&'()*+,;=%"
"""RFC 3986 section 2.2, and the percent sign of what is quoted already."""
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
# Names of one's own machine (RFC 6761), of the local network (RFC 6762, RFC 8375), and those that routers give out.
_LOCAL_SUFFIXES: Final = ("localhost", "local", "home.arpa", "internal", "intranet", "lan", "home", "corp")


class AddressRefused(ValueError):
    """An address that is not opened; the text says why and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class WebAddress:
    """A web address, checked."""

    url: str
    """All of it, in ASCII."""
    host: str
    """Host, and port if it is not the usual one, as computers write it: in ASCII, so no letter can pass for another."""
    spoken_host: str
    """The same as people write it, with the letters of its language."""
    is_local: bool
    """Whether it is known to lead to this machine or its own network. Only names and numbers are judged: looking a name
    up would tell its owner before the person agreed, and the browser could still get another answer."""


def web_address(text: str) -> WebAddress:
    """The address in ``text``; raises AddressRefused."""
    text = text.strip()
    if _NOT_IN_ADDRESSES.search(text):
        raise AddressRefused("it holds characters that do not belong into an address")
    try:
        parts = urlsplit(text)
        port, name = parts.port, parts.hostname
    except ValueError:
        raise AddressRefused("it is not a web address") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise AddressRefused("it must begin with https:// or http://")
    if "@" in parts.netloc:
        raise AddressRefused("it holds a user name or password")
    if not name:
        raise AddressRefused("it names no host")
    host, spoken, is_local = _ip(name) if parts.netloc.startswith("[") else _named(name)
    suffix = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    query, fragment = parts.query and f"?{parts.query}", parts.fragment and f"#{parts.fragment}"
    url = f"{parts.scheme}://{host}{suffix}{_quoted((parts.path or '/') + query + fragment)}"
    return WebAddress(url, host + suffix, spoken + suffix, is_local)


def _quoted(rest: str) -> str:
    try:
        return quote(rest, safe=_RESERVED)
    except UnicodeEncodeError:  # half a character
        raise AddressRefused("it holds characters that do not belong into an address") from None


def _named(name: str) -> tuple[str, str, bool]:
    """ASCII form, spoken form and whether it is local, of a name or of an IPv4 address."""
    try:
        # UTS 46 as browsers do it: case, width and composition folded, "ß" kept. ASCII names may break its rules.
        host = name if name.isascii() else idna.encode(name, uts46=True).decode()
        host = host.removesuffix(".")
        labels = host.split(".")
        if len(host) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in labels):
            raise AddressRefused("its host name is not valid")
        if _NUMBER.fullmatch(labels[-1]):
            return _ip(host)
        spoken = ".".join(idna.decode(label) if label.startswith("xn--") else label for label in labels)
    except UnicodeError:  # also idna.IDNAError
        raise AddressRefused("its host name is not valid") from None
    is_local = len(labels) == 1 or any(host.endswith(f".{suffix}") for suffix in _LOCAL_SUFFIXES)
    return host, spoken, is_local


def _ip(name: str) -> tuple[str, str, bool]:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        raise AddressRefused("its number is not written as an address usually is") from None
    is_local = not address.is_global or address.is_multicast or address.is_reserved
    if isinstance(address, ipaddress.IPv4Address):
        return name, name, is_local
    if address.scope_id:
        raise AddressRefused("it names a network interface")
    return f"[{address}]", f"[{address}]", is_local or address.is_site_local
