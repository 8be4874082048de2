"""Where the places of a profile are, and who answers there. Each raises the side's trouble about its address."""

from dataclasses import replace

import httpx

from app.conversation.admission import Answer
from app.conversation.profiles import AuthStyle, Door, Profile, Transport
from app.tokens.addresses import AddressUnusable, checked, endpoint, socket_address
from app.tokens.failures import BROKER, SERVER, Side


def broker_endpoint(profile: Profile) -> httpx.URL:
    """The broker's address."""
    try:
        return checked(profile.broker_url)
    except AddressUnusable as error:
        raise BROKER.url_invalid(str(error)) from None


def server_endpoint(profile: Profile, path: str) -> httpx.URL:
    """A path of the profile below the server's address."""
    try:
        return endpoint(profile.server_url, profile.filled(path))
    except AddressUnusable as error:
        raise SERVER.url_invalid(str(error)) from None


def calls_endpoint(profile: Profile) -> tuple[Side, httpx.URL, AuthStyle]:
    """Who takes the SDP offer, where, and how the secret is shown there."""
    if profile.door is Door.BROKER_PROXY:
        return BROKER, broker_endpoint(profile), AuthStyle.BEARER
    style = profile.auth if profile.door is Door.DIRECT else AuthStyle.BEARER
    return SERVER, server_endpoint(profile, profile.calls_path), style


def hang_up_endpoint(profile: Profile, answer: Answer) -> httpx.URL | None:
    """Where a proxying broker ends the call of its answer; None when it did not say.

    Only the path of what it said counts: the credential stays with the broker.
    """
    if not answer.place:
        return None
    broker = broker_endpoint(profile)
    try:
        path = broker.join(answer.place).raw_path.partition(b"?")[0]
        return broker.copy_with(raw_path=path.rstrip(b"/") + b"/hangup")
    except (httpx.InvalidURL, ValueError):
        return None


def socket_endpoint(profile: Profile) -> str:
    """Where WebSockets are opened."""
    if Transport.WEBSOCKET not in replace(profile, transport=Transport.AUTO).transports:
        raise SERVER.url_invalid("there is none for WebSockets")
    try:
        return socket_address(profile.server_url, profile.filled(profile.socket_path))
    except AddressUnusable as error:
        raise SERVER.url_invalid(str(error)) from None
