"""Every setting with its default; the sections are the tables of the TOML file. OPERATING.md explains them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from app.servers.broker.config.fields import (
    a_name,
    a_network,
    a_path,
    a_rate,
    a_redis_address,
    a_web_address,
    an_origin,
    setting,
)

OPENAI: Final = "https://api.openai.com/v1"
LONGEST_SECRET_S: Final = 7200
SHORTEST_SECRET_S: Final = 10
LONGEST_CALL_MINUTES: Final = 120


@dataclass(frozen=True, slots=True)
class Server:
    """Where and how the broker listens."""

    host: str = setting("127.0.0.1")
    port: int = setting(3001, 0, 65_535)
    tls_certificate: str = setting("")
    tls_key: str = setting("")
    trusted_proxies: tuple[str, ...] = setting((), check=a_network)
    body_bytes: int = setting(131_072, 1024, 16_777_216)
    header_bytes: int = setting(16_384, 2048, 65_536)
    head_s: float = setting(10.0, 0.1, 120)
    body_s: float = setting(10.0, 0.1, 120)
    keep_alive_s: int = setting(75, 1, 3600)
    connections: int = setting(512, 1, 65_536)
    drain_notice_s: float = setting(0.0, 0, 120)
    drain_s: int = setting(20, 1, 600)


@dataclass(frozen=True, slots=True)
class Upstream:
    """The server that mints and answers."""

    kind: str = setting("openai", one_of=("openai", "azure", "compatible"))
    base_url: str = setting("", check=a_web_address)
    auth: str = setting("", one_of=("", "bearer", "api-key", "none"))
    key: str = setting("", secret=True)
    key_file: str = setting("")
    secrets_path: str = setting("/realtime/client_secrets", check=a_path)
    calls_path: str = setting("/realtime/calls", check=a_path)
    hang_up_path: str = setting("/realtime/calls/{call_id}/hangup", check=a_path)
    plain_http: bool = setting(False)
    ca_file: str = setting("")
    proxy: str = setting("", secret=True)
    timeout_s: float = setting(10.0, 0.1, 60)
    tries: int = setting(2, 1, 5)
    connections: int = setting(100, 1, 10_000)
    circuit_failures: int = setting(5, 1, 1000)
    circuit_open_s: float = setting(15.0, 0.1, 3600)
    safety_salt: str = setting("", secret=True)

    @property
    def address(self) -> str:
        """The base address, without a slash at its end."""
        return (self.base_url or (OPENAI if self.kind == "openai" else "")).rstrip("/")

    @property
    def auth_style(self) -> str:
        """``bearer``, ``api-key`` or ``none``."""
        return self.auth or ("api-key" if self.kind == "azure" else "bearer")


@dataclass(frozen=True, slots=True)
class Tokens:
    """Static bearer tokens."""

    file: str = setting("")
    listed: str = setting("", secret=True)
    """The same lines as in the file, from the environment (``;`` ends a line too)."""


@dataclass(frozen=True, slots=True)
class Oidc:
    """Sign-in by tokens of an OpenID provider; off without an issuer."""

    issuer: str = setting("", check=a_web_address)
    audience: str = setting("")
    jwks_url: str = setting("", check=a_web_address)
    algorithms: tuple[str, ...] = setting(
        ("RS256", "ES256"),
        one_of=("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"),
    )
    user_claim: str = setting("sub")
    policy_claim: str = setting("")
    default_policy: str = setting("", check=a_name)
    leeway_s: int = setting(30, 0, 300)
    refresh_s: float = setting(600.0, 1, 86_400)
    refetch_s: float = setting(30.0, 0.1, 3600)
    stale_s: float = setting(86_400.0, 1, 604_800)


@dataclass(frozen=True, slots=True)
class Policy:
    """What one kind of user may do. The first model and the first voice are used unless others are asked for."""

    forms: tuple[str, ...] = setting(("mint", "proxy"), one_of=("mint", "proxy"))
    models: tuple[str, ...] = setting(("gpt-realtime-2.1",))
    voices: tuple[str, ...] = setting(
        ("marin", "cedar", "alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse")
    )
    instructions: str = setting("")
    instructions_free: bool = setting(True)
    transcription_models: tuple[str, ...] = setting(("*",))
    tools: tuple[str, ...] = setting(())
    mcp_servers: tuple[str, ...] = setting((), check=a_web_address)
    secret_s: int = setting(120, SHORTEST_SECRET_S, LONGEST_SECRET_S)
    call_minutes: float = setting(30.0, 0.01, LONGEST_CALL_MINUTES)
    minutes_per_secret: float = setting(0.0, 0, LONGEST_CALL_MINUTES)
    sessions: int = setting(3, 1, 10_000)
    minutes_per_day: int = setting(240, 0, 1_000_000)
    money_per_day: float = setting(0.0, 0, 1_000_000)
    rate: str = setting("20/minute", check=a_rate)

    @property
    def call_s(self) -> int:
        """Seconds after which a call is hung up."""
        return max(1, round(60 * self.call_minutes))

    @property
    def charged_for_secret_s(self) -> int:
        """Seconds that a minted secret costs: nobody tells the broker how long the session behind it lasts."""
        return max(1, round(60 * self.minutes_per_secret)) if self.minutes_per_secret else self.call_s


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits per address, whoever asks."""

    address_rate: str = setting("120/minute", check=a_rate)
    failed_sign_in_rate: str = setting("10/minute", check=a_rate)


@dataclass(frozen=True, slots=True)
class Redis:
    """The store that replicas share; without an address the process keeps all in memory."""

    url: str = setting("", check=a_redis_address, secret=True)
    prefix: str = setting("parlance-broker", check=a_name)
    timeout_s: float = setting(1.0, 0.05, 30)
    connections: int = setting(64, 1, 10_000)


@dataclass(frozen=True, slots=True)
class Leash:
    """How often calls over their length are looked for."""

    every_s: float = setting(1.0, 0.05, 60)


@dataclass(frozen=True, slots=True)
class Cors:
    """Which browser pages may ask; none by default."""

    origins: tuple[str, ...] = setting((), check=an_origin)


@dataclass(frozen=True, slots=True)
class Audit:
    """The audit trail; without a directory its records go to the log alone."""

    directory: str = setting("")
    keep_days: int = setting(365, 1, 36_500)


@dataclass(frozen=True, slots=True)
class Log:
    """The log: JSON lines on standard error or in a file that is turned over."""

    level: str = setting("info", one_of=("debug", "info", "warning", "error"))
    file: str = setting("")
    max_bytes: int = setting(10_000_000, 10_000, 10_000_000_000)
    keep: int = setting(5, 1, 1000)


@dataclass(frozen=True, slots=True)
class Metrics:
    """Who may read the metrics."""

    allow: tuple[str, ...] = setting(("127.0.0.0/8", "::1/128"), check=a_network)


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it."""

    server: Server = field(default_factory=Server)
    upstream: Upstream = field(default_factory=Upstream)
    tokens: Tokens = field(default_factory=Tokens)
    oidc: Oidc = field(default_factory=Oidc)
    limits: Limits = field(default_factory=Limits)
    redis: Redis = field(default_factory=Redis)
    leash: Leash = field(default_factory=Leash)
    cors: Cors = field(default_factory=Cors)
    audit: Audit = field(default_factory=Audit)
    log: Log = field(default_factory=Log)
    metrics: Metrics = field(default_factory=Metrics)
    policies: Mapping[str, Policy] = field(default_factory=lambda: MappingProxyType({"default": Policy()}))
    prices: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """Money per minute of a call, by model."""
