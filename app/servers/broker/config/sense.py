"""What single values cannot tell: settings that contradict one another. Pure but for looking whether files exist."""

import ipaddress
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from app.servers.broker.config.settings import Policy, Settings

Finding = tuple[tuple[str, ...], str]


def senseless(settings: Settings, folder: Path | None) -> Iterator[Finding]:
    """Where to look, and what is wrong there. Files are looked for from ``folder``, where the configuration lies."""
    yield from _server(settings)
    yield from _upstream(settings)
    yield from _people(settings)
    for name, policy in settings.policies.items():
        yield from _policy(settings, name, policy)
    for where in (("server", "tls_certificate"), ("server", "tls_key"), ("upstream", "ca_file")):
        text = getattr(getattr(settings, where[0]), where[1])
        if text and not ((folder or Path()) / text).is_file():
            yield where, "there is no such file"


def is_loopback(host: str) -> bool:
    """Whether a host name or address stays on this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _server(settings: Settings) -> Iterator[Finding]:
    if bool(settings.server.tls_certificate) != bool(settings.server.tls_key):
        yield ("server", "tls_key"), "tls_certificate and tls_key belong together"
    if any(ipaddress.ip_network(each).prefixlen == 0 for each in settings.server.trusted_proxies):
        yield ("server", "trusted_proxies"), "trusting every address lets anybody choose the address that is counted"


def _upstream(settings: Settings) -> Iterator[Finding]:
    upstream = settings.upstream
    if not upstream.address:
        yield ("upstream", "base_url"), f"the kind {upstream.kind} needs one"
        return
    parts = urlsplit(upstream.address)
    if parts.scheme == "http" and not is_loopback(parts.hostname or "") and not upstream.plain_http:
        yield ("upstream", "base_url"), "the key would travel in the clear: use https, or say plain_http = true"
    if "{call_id}" not in upstream.hang_up_path:
        yield ("upstream", "hang_up_path"), "it must say where the call's id goes: {call_id}"


def _people(settings: Settings) -> Iterator[Finding]:
    oidc = settings.oidc
    if oidc.issuer and not oidc.audience:
        yield ("oidc", "audience"), "without one, tokens meant for other services would be accepted"
    if oidc.issuer and not oidc.algorithms:
        yield ("oidc", "algorithms"), "at least one is needed"
    for name in ("issuer", "jwks_url"):
        parts = urlsplit(getattr(oidc, name))
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            yield ("oidc", name), "it must begin with https://: who answers there decides who may come in"
    if oidc.default_policy and oidc.default_policy not in settings.policies:
        yield ("oidc", "default_policy"), "there is no policy of this name"


def _policy(settings: Settings, name: str, policy: Policy) -> Iterator[Finding]:
    here = ("policies", name)
    for each in ("forms", "models", "voices"):
        if not getattr(policy, each):
            yield (*here, each), "at least one is needed"
    missing = [model for model in policy.models if model not in settings.prices]
    if policy.money_per_day and missing:
        yield (*here, "money_per_day"), f"[prices] has no price per minute for {', '.join(missing)}"
    day_s = policy.minutes_per_day * 60
    if policy.minutes_per_day and "proxy" in policy.forms and policy.call_s > day_s:
        yield (*here, "call_minutes"), "one call would be longer than minutes_per_day allows"
    if policy.minutes_per_day and "mint" in policy.forms and policy.charged_for_secret_s > day_s:
        yield (*here, "minutes_per_secret"), "one secret would cost more than minutes_per_day allows"
