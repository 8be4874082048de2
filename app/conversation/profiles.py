"""Server profiles: small declarative records that say how to reach one server."""

from dataclasses import dataclass
from enum import Enum


class Door(Enum):
    """How a profile gets a short-lived secret."""

    REHEARSAL = "rehearsal"
    """The embedded server, started by the app, with a key made for this run."""
    BROKER = "broker"
    """A token broker answers with a secret; the SDP goes to the server."""
    BROKER_PROXY = "broker-proxy"
    """The broker takes the SDP offer itself and answers with the SDP."""
    OWN_KEY = "own-key"
    """The person's own API key mints a secret at the server; the key stays in the keyring."""


class AuthStyle(Enum):
    """How a secret or key is shown to a server."""

    BEARER = "bearer"
    API_KEY = "api-key"
    NONE = "none"


class Dialect(Enum):
    """Which spelling of the session object goes out."""

    GA = "ga"
    BETA = "beta"


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
    """One way to a server."""

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
    secrets_path: str = "/realtime/client_secrets"
    auth: AuthStyle = AuthStyle.BEARER
    dialect: Dialect = Dialect.GA
    model: str = "gpt-realtime-2.1"
    voice: str = "marin"
    ice_servers: tuple[IceServer, ...] = ()

    @property
    def credential_slot(self) -> str:
        """The name under which the keyring keeps this profile's credential."""
        return f"profile:{self.name}"

    @property
    def needs_credential(self) -> bool:
        """Whether connecting is hopeless without a credential (a broker may be open)."""
        return self.door is Door.OWN_KEY


REHEARSAL = Profile(
    name="rehearsal", title="Rehearsal", door=Door.REHEARSAL, server_url="", model="rehearsal", voice="marin"
)
BROKER = Profile(name="broker", title="Token broker", door=Door.BROKER)
OWN_KEY = Profile(name="openai", title="OpenAI, own key", door=Door.OWN_KEY)

BUILT_IN: tuple[Profile, ...] = (REHEARSAL, BROKER, OWN_KEY)
