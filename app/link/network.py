"""Which network this machine is on, in words that say nothing else. Nothing is sent to find out.

It stands in this room because here is known which ways out the machine has. On Linux the words are made of the default
route's interface and gateway, and of the gateway's hardware address, so that two hotels with the same private addresses
differ; elsewhere, and where there is no gateway, of the network part of the address that would be used.
"""

import hashlib
import ipaddress
import socket
import struct
from pathlib import Path
from typing import Final

from app.conversation.paths import NO_NETWORK, Network

_ROUTES: Final = Path("/proc/net/route")
_NEIGHBOURS: Final = Path("/proc/net/arp")
_GATEWAY_FLAG: Final = 0x2
_UNKNOWN_MAC: Final = "00:00:00:00:00:00"
# Addresses for documentation (RFC 5737, RFC 3849): connecting a datagram socket picks a route and sends nothing.
_SOMEWHERE: Final = (
    (socket.AF_INET, "192.0.2.1", 24),
    (socket.AF_INET6, "2001:db8::1", 64),
)


def present_network() -> Network:
    """The network of this moment. Any thread; reads two small files of the kernel at most."""
    route = default_route(_text(_ROUTES), _text(_NEIGHBOURS))
    *way, hardware = route if len(route) > 1 else (*route, *_prefixes(), "")
    return Network(_word(way) or NO_NETWORK, _word([hardware]))


def _word(parts: list[str]) -> str:
    """One that tells nothing of its parts, or none for none."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16] if any(parts) else ""


def default_route(routes: str, neighbours: str) -> tuple[str, ...]:
    """Interface, gateway and the gateway's hardware address, from the kernel's tables; empty without such a route.

    A tunnel has no gateway and is its interface alone; the hardware address is empty while nobody has asked for it.
    """
    rows = [line.split() for line in routes.splitlines()[1:]]
    defaults = [row for row in rows if len(row) >= 8 and row[1] == row[7] == "00000000"]
    if not defaults:
        return ()
    interface, _to, gateway, flags, *_ = min(defaults, key=lambda row: int(row[6]))
    if not int(flags, 16) & _GATEWAY_FLAG:
        return (interface,)
    address = socket.inet_ntoa(struct.pack("=I", int(gateway, 16)))
    return (interface, address, _hardware_address(neighbours, interface, address))


def _hardware_address(neighbours: str, interface: str, address: str) -> str:
    for row in (line.split() for line in neighbours.splitlines()[1:]):
        if len(row) >= 6 and row[0] == address and row[5] == interface and row[3] != _UNKNOWN_MAC:
            return row[3]
    return ""


def _prefixes() -> tuple[str, ...]:
    """The network parts of the addresses that would be used."""
    found = ((_address(family, somewhere), length) for family, somewhere, length in _SOMEWHERE)
    return tuple(str(ipaddress.ip_network(f"{address}/{length}", strict=False)) for address, length in found if address)


def _address(family: socket.AddressFamily, somewhere: str) -> str:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((somewhere, 9))
            address: str = probe.getsockname()[0]
            return address.partition("%")[0]
    except OSError:
        return ""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
