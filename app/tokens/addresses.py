"""Which addresses a credential may travel to, and how endpoint addresses are put together. Pure."""

import ipaddress
import re

import httpx

_CALL_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}")


class AddressUnusable(ValueError):
    """An address that no credential may be sent to; the text says why and never quotes it."""


def checked(address: str) -> httpx.URL:
    """The address without its fragment; raises AddressUnusable.

    Plain http only stays on this machine, and a user name in the address would end up in logs and proxies.
    """
    if not address.strip():
        raise AddressUnusable("none is set")
    url = _parsed(address.strip())
    if url is None or not url.host:
        raise AddressUnusable("it is not a web address")
    if url.scheme not in ("http", "https"):
        raise AddressUnusable("it must begin with https://")
    if url.userinfo:
        raise AddressUnusable("it holds a user name or password, which belong into the credential field")
    if url.scheme == "http" and not is_loopback(url):
        raise AddressUnusable("it must begin with https:// because it leads to another machine")
    return url.copy_with(fragment=None)


def _parsed(address: str) -> httpx.URL | None:
    try:
        return httpx.URL(address)
    except (httpx.InvalidURL, ValueError):  # ValueError: a bad IPv6 literal on some Python versions
        return None


def is_loopback(url: httpx.URL) -> bool:
    """Whether the address stays on this machine. Names other than ``localhost`` are the resolver's word only."""
    if url.host == "localhost":
        return True
    try:
        return ipaddress.ip_address(url.host).is_loopback
    except ValueError:
        return False


def endpoint(base: str, path: str) -> httpx.URL:
    """``path`` (which may bring its own query) below the base address; raises AddressUnusable."""
    if checked(base).query:
        raise AddressUnusable("it holds a question mark; queries belong into the path settings")
    # One slash, always: "https://host" + ".elsewhere/x" would be another host.
    return checked(base.strip().partition("#")[0].rstrip("/") + "/" + path.lstrip("/"))


def socket_address(base: str, path: str) -> str:
    """The same for a WebSocket: wss where the base has https, ws on this machine; raises AddressUnusable."""
    url = endpoint(base, path)
    return str(url.copy_with(scheme="wss" if url.scheme == "https" else "ws"))


def is_call_id(text: str) -> bool:
    """Whether ``text`` can be a call id: one path segment that needs no quoting and climbs nowhere."""
    return _CALL_ID.fullmatch(text) is not None
