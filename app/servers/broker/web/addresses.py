"""Whose address a request comes from, when proxies stand before the broker."""

import ipaddress
from collections.abc import Sequence
from typing import Final, TypeAlias

from starlette.datastructures import Headers

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_FORWARDED: Final = ("x-forwarded-for", "forwarded", "x-real-ip")
_HOME_BITS: Final = 64
"""What one household or machine gets of IPv6, and may change within: counted as one."""


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Networks from the configuration, which checked them."""
    return tuple(ipaddress.ip_network(text) for text in texts)


def within(address: Address | None, known: Sequence[Network]) -> bool:
    """Whether an address is in one of the networks."""
    return address is not None and any(address.version == each.version and address in each for each in known)


def parsed(text: str) -> Address | None:
    """An address; IPv4 inside IPv6 counts as IPv4."""
    try:
        address = ipaddress.ip_address(text.strip().removeprefix("[").partition("]")[0].partition("%")[0])
    except ValueError:
        return None
    inner = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return inner or address


def client_address(peer: str, headers: Headers, trusted: Sequence[Network]) -> Address | None:
    """The first address, seen from here, that is none of our proxies'. Only what trusted proxies added is believed."""
    address = parsed(peer)
    if not within(address, trusted):
        return address
    listed = ",".join(headers.getlist("x-forwarded-for")).split(",")
    for text in reversed(listed):
        address = parsed(text) or address
        if parsed(text) is None or not within(address, trusted):
            break
    return address


def is_forwarded(headers: Headers) -> bool:
    """Whether somebody on the way says that the request is somebody else's."""
    return any(name in headers for name in _FORWARDED)


def counted(address: Address | None) -> str:
    """Under which name an address is counted."""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _HOME_BITS), strict=False))
    return str(address)
