"""What may stand in a field, in words for the person who filled it in. Empty means that it is right."""

import re
from urllib.parse import urlsplit

from app.conversation.profiles import IceServer

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_ICE_SCHEMES = ("stun:", "stuns:", "turn:", "turns:")
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/@-]{0,99}")
"""Goes into the settings file as the name of a table."""


def url_trouble(url: str, example: str = "https://example.org/token") -> str:
    """What is wrong with an address that secrets travel to."""
    if not url.strip():
        return f"Enter an address, such as {example}."
    try:
        parts = urlsplit(url.strip())
        host, _port = parts.hostname, parts.port
    except ValueError:
        return "This is not a web address."
    if parts.scheme not in ("https", "http") or not host:
        return "An address begins with https:// and a name."
    if parts.scheme == "http" and host not in _LOOPBACK:
        return "Use https://. Plain http:// is for this computer only."
    if parts.username or parts.password:
        return "Leave the name and password out; enter the credential below."
    return ""


def key_trouble(key: str) -> str:
    """What is wrong with a credential that was typed or pasted."""
    if any(character.isspace() for character in key.strip()):
        return "A credential has no spaces or line breaks in it."
    if not key.isascii():
        return "A credential has plain letters, digits and signs only."
    return ""


def required_key_trouble(key: str) -> str:
    """The same for a credential without which nothing works."""
    return key_trouble(key) if key.strip() else "Enter the key."


def path_trouble(path: str) -> str:
    """What is wrong with a path that is put behind a server's address; none is right too."""
    if path.strip() and not path.strip().startswith("/"):
        return "A path begins with /."
    if any(character.isspace() for character in path.strip()):
        return "A path has no spaces in it."
    return ""


def ice_trouble(server: IceServer) -> str:
    """What is wrong with a STUN or TURN server."""
    if not server.url.startswith(_ICE_SCHEMES) or any(character.isspace() for character in server.url):
        return "Write stun:HOST:PORT or turn:HOST:PORT."
    if server.url.startswith("turn") and not (server.username and server.password):
        return "A TURN server needs a user and a password."
    return ""


def model_trouble(name: str) -> str:
    """What is wrong with the name of a model in the price list."""
    return "" if _MODEL.fullmatch(name) else "Write the model’s name as the server does, such as gpt-realtime-2.1."
