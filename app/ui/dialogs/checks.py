"""What may stand in a field, in words for the person who filled it in. Empty means that it is right."""

from urllib.parse import urlsplit

from app.conversation.profiles import IceServer

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_ICE_SCHEMES = ("stun:", "stuns:", "turn:", "turns:")


def url_trouble(url: str) -> str:
    """What is wrong with an address that secrets travel to."""
    if not url.strip():
        return "Enter an address, such as https://example.org/token."
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


def ice_servers_of(lines: str) -> tuple[tuple[IceServer, ...], str]:
    """The servers written one per line as ``url [user password]``, and what is wrong with the first wrong line."""
    servers: list[IceServer] = []
    for line in filter(None, (line.strip() for line in lines.splitlines())):
        words = line.split()
        if not words[0].startswith(_ICE_SCHEMES) or len(words) not in (1, 3):
            return (), f"“{words[0]}”: write stun:HOST:PORT, or turn:HOST:PORT USER PASSWORD."
        if words[0].startswith("turn") and len(words) == 1:
            return (), f"“{words[0]}”: a TURN server needs a user and a password."
        servers.append(IceServer(*words))
    return tuple(servers), ""


def ice_lines_of(servers: tuple[IceServer, ...]) -> str:
    """The servers as they are written in the field."""
    return "\n".join(" ".join(filter(None, (one.url, one.username, one.password))) for one in servers)
