"""Server profiles: small declarative records that say how to reach one server."""

from dataclasses import dataclass
from enum import Enum
from urllib.parse import quote


class Door(Enum):
    """What opens the calls endpoint of a profile."""

    REHEARSAL = "rehearsal"
    """The embedded server, started by the app, with a key made for this run."""
    BROKER = "broker"
    """A token broker answers with a secret; the SDP goes to the server."""
    BROKER_PROXY = "broker-proxy"
    """The broker takes the SDP offer itself and answers with the SDP."""
    OWN_KEY = "own-key"
    """The person's own API key mints a secret at the server; the key stays in the keyring."""
    DIRECT = "direct"
    """A server of one's own mints nothing: the credential, if there is one, goes straight to its calls endpoint."""


class AuthStyle(Enum):
    """How a credential is shown to a server. A short-lived secret is always a bearer's (PROTOCOL 1.2)."""

    BEARER = "bearer"
    API_KEY = "api-key"
    NONE = "none"


class Dialect(Enum):
    """Which spelling of the session object goes out."""

    GA = "ga"
    BETA = "beta"


class Transport(Enum):
    """What carries sound and events."""

    AUTO = "auto"
    """WebRTC, and WebSocket where the network blocks that."""
    WEBRTC = "webrtc"
    WEBSOCKET = "websocket"


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server. None by default: the server of this trade has a public address."""

    url: str
    username: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"IceServer({self.url!r})"


@dataclass(frozen=True, slots=True)
class Profile:
    """One way to a server. In paths ``{model}`` stands for the model, quoted for an address."""

    name: str
    """The key in settings and on the command line: ``rehearsal``, ``work`` …"""
    title: str
    """What the window calls it."""
    door: Door
    broker_url: str = ""
    """The token URL for BROKER and BROKER_PROXY."""
    server_url: str = "https://api.openai.com/v1"
    """Base of the Realtime API."""
    calls_path: str = "/realtime/calls"
    """Takes SDP offers; empty where there is no WebRTC."""
    secrets_path: str = "/realtime/client_secrets"
    socket_path: str = "/realtime?model={model}"
    """Takes WebSockets; empty where there are none."""
    auth: AuthStyle = AuthStyle.BEARER
    dialect: Dialect = Dialect.GA
    transport: Transport = Transport.AUTO
    envelope: bool = False
    """Whether server events come wrapped and in pieces over the data channel, as speaches sends them."""
    model: str = "gpt-realtime-2.1"
    voice: str = "marin"
    """Empty leaves it to the server."""
    own_transcription: bool = False
    """Whether the server has its own way to write the user's words down, so that no model for it is asked for."""
    ice_servers: tuple[IceServer, ...] = ()
    preset: str = ""
    """The preset (see ``presets``) that the settings file builds this profile on."""

    @property
    def credential_slot(self) -> str:
        """The name under which the keyring keeps this profile's credential."""
        return f"profile:{self.name}"

    @property
    def needs_credential(self) -> bool:
        """Whether connecting is hopeless without a credential (a broker or a server of one's own may be open)."""
        return self.door is Door.OWN_KEY and self.auth is not AuthStyle.NONE

    @property
    def mints(self) -> bool:
        """Whether a short-lived secret is fetched before a call."""
        return self.door not in (Door.BROKER_PROXY, Door.DIRECT)

    @property
    def transports(self) -> tuple[Transport, ...]:
        """What can carry a conversation with this server, the preferred first; never empty.

        A wish for a transport that the server does not have is not followed.
        """
        has_socket = bool(self.socket_path) and self.door is not Door.BROKER_PROXY
        has_calls = bool(self.calls_path) or self.door is Door.BROKER_PROXY or not has_socket
        there = [
            *((Transport.WEBRTC,) if has_calls else ()),
            *((Transport.WEBSOCKET,) if has_socket else ()),
        ]
        wished = tuple(one for one in there if self.transport in (Transport.AUTO, one))
        return wished or tuple(there)

    def filled(self, path: str) -> str:
        """A path of this profile with the model in its place."""
        return path.replace("{model}", quote(self.model, safe=""))


REHEARSAL = Profile(
    name="rehearsal", title="Rehearsal", door=Door.REHEARSAL, server_url="", model="rehearsal", voice="marin"
)
BROKER = Profile(name="broker", title="Token broker", door=Door.BROKER)
OWN_KEY = Profile(name="openai", title="OpenAI, own key", door=Door.OWN_KEY)

BUILT_IN: tuple[Profile, ...] = (REHEARSAL, BROKER, OWN_KEY)
