"""Whose address it is."""

import pytest
from starlette.datastructures import Headers

from app.servers.broker.web.addresses import client_address, counted, networks, parsed

TRUSTED = networks(["10.0.0.0/8", "::1"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.1", [], "203.0.113.1"),
        ("203.0.113.1", ["198.51.100.1"], "203.0.113.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["garbage"], "10.0.0.1"),
        ("10.0.0.1", ["1.1.1.1, garbage"], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.2, 10.0.0.3"], "10.0.0.2"),
        ("::1", ["2001:db8::5"], "2001:db8::5"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
    ],
)
def test_only_what_trusted_proxies_added_is_believed(peer: str, forwarded: list[str], found: str) -> None:
    headers = Headers(raw=[(b"x-forwarded-for", each.encode()) for each in forwarded])
    assert str(client_address(peer, headers, TRUSTED)) == found


def test_a_household_of_ipv6_counts_as_one() -> None:
    assert counted(parsed("2001:db8:1:2::5")) == counted(parsed("2001:db8:1:2:ffff::9")) == "2001:db8:1:2::/64"
    assert counted(parsed("192.0.2.1")) == "192.0.2.1"


@pytest.mark.parametrize("text", ["", "x", "1.2.3", "1.2.3.4:80"])
def test_what_is_no_address(text: str) -> None:
    assert parsed(text) is None


def test_brackets_and_zones_are_dropped() -> None:
    assert str(parsed("[::1]")) == "::1"
    assert str(parsed("fe80::1%eth0")) == "fe80::1"
