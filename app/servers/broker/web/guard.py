"""What happens to every request before any route: an id, the client's address, origins, and the headers of security."""

import secrets
from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.servers.broker.config.settings import Settings
from app.servers.broker.web.addresses import client_address, networks
from app.servers.broker.web.refusal import Refusal
from app.servers.broker.web.visit import Visit, shown_agent

_SECURITY: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_HSTS: Final = "max-age=31536000"
_METHODS: Final = "GET, POST, DELETE"
_ALLOWED_HEADERS: Final = "Authorization, Content-Type"
_EXPOSED_HEADERS: Final = "Location, Retry-After, X-Request-Id"
_PREFLIGHT_KEPT_S: Final = "600"


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, settings: Settings, is_draining: Callable[[], bool]) -> None:
        self._app = app
        self._trusted = networks(settings.server.trusted_proxies)
        self._origins = frozenset(settings.cors.origins)
        self._tls = bool(settings.server.tls_certificate)
        self._is_draining = is_draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        visit = Visit(secrets.token_hex(16))
        visit.address = client_address((scope.get("client") or ("", 0))[0], headers, self._trusted)
        visit.agent = shown_agent(headers.get("user-agent", ""))
        scope.setdefault("state", {})["visit"] = visit
        origin = headers.get("origin")

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._dress(MutableHeaders(scope=message), visit, origin)
            await send(message)

        app = self._app if origin is None else self._for_browser(origin, scope["method"], headers, visit)
        await app(scope, receive, dressed)

    def _for_browser(self, origin: str, method: str, headers: Headers, visit: Visit) -> ASGIApp:
        """A page of an origin that is not listed gets nothing, not even an answer that it could not read."""
        if origin not in self._origins:
            return Refusal(403, "origin_refused", "Pages of this origin may not use the broker.").response(
                visit.request_id
            )
        if method == "OPTIONS" and "access-control-request-method" in headers:
            allowed = {
                "Access-Control-Allow-Methods": _METHODS,
                "Access-Control-Allow-Headers": _ALLOWED_HEADERS,
                "Access-Control-Max-Age": _PREFLIGHT_KEPT_S,
            }
            return Response(status_code=204, headers=allowed)
        return self._app

    def _dress(self, headers: MutableHeaders, visit: Visit, origin: str | None) -> None:
        for name, value in _SECURITY.items():
            headers[name] = value
        headers["X-Request-Id"] = visit.request_id
        if self._tls:
            headers["Strict-Transport-Security"] = _HSTS
        if self._origins:
            headers.add_vary_header("Origin")
        if origin in self._origins and origin is not None:
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = _EXPOSED_HEADERS
            headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if self._is_draining():
            headers["Connection"] = "close"
