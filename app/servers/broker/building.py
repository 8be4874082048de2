"""Builds the broker from its settings. The only module here that knows everybody."""

import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp

from app.servers.broker.allowance.leash import Leash
from app.servers.broker.allowance.ledger import Ledger
from app.servers.broker.allowance.memory_ledger import MemoryLedger
from app.servers.broker.allowance.rates import Rates
from app.servers.broker.allowance.redis_ledger import RedisLedger, connected
from app.servers.broker.config.keys import Key, KeyRefused, main_key, read_private
from app.servers.broker.config.sense import is_loopback
from app.servers.broker.config.settings import OPENAI, Oidc, Settings
from app.servers.broker.people.entrance import Door
from app.servers.broker.people.key_set import KeySet, KeysUnavailable
from app.servers.broker.people.oidc import OpenId, jwks_address
from app.servers.broker.people.static_tokens import StaticTokens
from app.servers.broker.people.token_lines import LinesUnreadable, TokenLine, new_token, read_lines
from app.servers.broker.records.audit import AuditGone, AuditTrail, Record
from app.servers.broker.records.metrics import Figures
from app.servers.broker.upstream.circuit import Breaker
from app.servers.broker.upstream.client import Server
from app.servers.broker.upstream.posting import NoReply, Post, fetch
from app.servers.broker.web.application import Web
from app.servers.broker.web.desk import Desk
from app.servers.broker.web.health import Health
from app.servers.broker.web.reception import Reception

_KEYS_WITHIN_S: Final = 5.0
_GUEST: Final = "guest"


class StartRefused(Exception):
    """The broker cannot start like this; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """What is read before anything runs, and may refuse the start."""

    settings: Settings
    folder: Path
    key: Key
    tokens: Mapping[str, TokenLine]
    one_run_token: str
    """A token made up for this run, because no other way to sign in is configured; ``""`` otherwise."""

    def path(self, text: str) -> Path | None:
        """A file of the configuration, which lies relative to it."""
        return self.folder / text if text else None


def prepare(settings: Settings, folder: Path, environment: Mapping[str, str]) -> Preparation:
    """Read the key and the tokens; raises StartRefused."""
    upstream = settings.upstream
    given = upstream.key or (environment.get("OPENAI_API_KEY", "") if upstream.address == OPENAI else "")
    try:
        file = folder / upstream.key_file if upstream.key_file else None
        key = Key("") if upstream.auth_style == "none" else main_key(given, file)
        tokens = read_lines(settings.tokens.listed)
        if settings.tokens.file:
            read_lines(read_private(folder / settings.tokens.file).decode("utf-8", "replace"))
    except KeyRefused as why:
        raise StartRefused(str(why)) from None
    except LinesUnreadable as why:
        raise StartRefused(f"The tokens cannot be read: {why}.") from None
    one_run_token = ""
    if not tokens and not settings.tokens.file and not settings.oidc.issuer:
        one_run_token, line = _token_for_one_run(settings)
        tokens = {line.id: line}
    # What is in Preparation.key is in the settings no more: they are passed around.
    settings = replace(settings, upstream=replace(upstream, key=""), tokens=replace(settings.tokens, listed=""))
    return Preparation(settings, folder, key, tokens, one_run_token)


def _token_for_one_run(settings: Settings) -> tuple[str, TokenLine]:
    """Convenient on one's own machine; anywhere else somebody has to be named."""
    if not is_loopback(settings.server.host):
        raise StartRefused(
            "Nobody could sign in. Create a token (main.py broker token create --file FILE --user NAME) and name the "
            "file in [tokens], or set an issuer in [oidc]."
        )
    return new_token(_GUEST, next(iter(settings.policies)), None, datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Broker:
    """The parts that the process runs and ends."""

    application: ASGIApp
    leash: Leash
    ledger: Ledger
    server: Server
    audit: AuditTrail
    health: Health
    figures: Figures
    forgets: bool
    """Whether the calls on the leash are known to this process alone."""

    async def close(self) -> None:
        """Let go of everything, in the order of need."""
        if self.forgets:
            await self.leash.drop_all()
        await self.server.close()
        await self.ledger.close()
        self.audit.close()


def build(given: Preparation) -> Broker:
    """The broker; raises StartRefused. Call it inside the event loop."""
    settings, figures = given.settings, Figures()
    try:
        audit = AuditTrail(given.path(settings.audit.directory), settings.audit.keep_days, _now)
    except OSError as trouble:
        raise StartRefused(f"The audit trail cannot be written: {trouble.strerror}. See [audit] directory.") from None
    redis, prefix = connected(settings.redis) if settings.redis.url else None, settings.redis.prefix
    ledger: Ledger = MemoryLedger(time.monotonic, _now) if redis is None else RedisLedger(redis, prefix, _now)
    upstream = settings.upstream
    breaker = Breaker(upstream.circuit_failures, upstream.circuit_open_s, time.monotonic)
    post = Post(upstream, given.key, given.path(upstream.ca_file))
    server = Server(upstream, post, breaker, _now, lambda what, s: figures.upstream_took.labels(what).observe(s))
    static = StaticTokens(given.tokens, given.path(settings.tokens.file), _now)
    door = Door(static, _openid(settings) if settings.oidc.issuer else None)
    rates = Rates(redis, prefix)
    leash = Leash(ledger, server.hang_up, time.monotonic, _Chronicle(audit, figures).ended)
    health = Health(ledger, breaker, static, _now, time.monotonic)
    reception = Reception(door, rates, settings.policies, settings.limits, figures)
    desk = Desk(settings, ledger, leash, server, _now)
    web = Web(settings, reception, desk, health, breaker, audit, figures, time.monotonic)
    forgets = not settings.redis.url
    return Broker(web.application(), leash, ledger, server, audit, health, figures, forgets)


def _openid(settings: Settings) -> OpenId:
    oidc: Oidc = settings.oidc

    async def get(url: str) -> bytes:
        try:
            return await fetch(url, _KEYS_WITHIN_S)
        except NoReply:
            raise KeysUnavailable from None

    keys = KeySet(
        jwks_address(oidc, get),
        time.monotonic,
        refresh_s=oidc.refresh_s,
        refetch_s=oidc.refetch_s,
        stale_s=oidc.stale_s,
    )
    return OpenId(oidc, keys, settings.policies)


@dataclass(frozen=True, slots=True)
class _Chronicle:
    """Writes down what the leash does."""

    audit: AuditTrail
    figures: Figures

    async def ended(self, call_id: str, outcome: str) -> None:
        self.figures.hang_ups.labels(outcome).inc()
        try:
            self.audit.write(Record("leash", outcome, secrets.token_hex(16), call_id=call_id))
        except AuditGone:
            return  # said in the log; a call is hung up with or without its record


def _now() -> datetime:
    return datetime.now(UTC)


def folder_of(config: Path | None) -> Path:
    """What file names in the configuration are relative to."""
    return config.resolve().parent if config else Path(os.getcwd())
