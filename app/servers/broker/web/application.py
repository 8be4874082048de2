"""The ASGI application: the routes, and how every answer comes to be."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from app.servers.broker.allowance.ledger import StoreGone
from app.servers.broker.config.settings import Settings
from app.servers.broker.records.audit import AuditGone, AuditTrail, Record
from app.servers.broker.records.log import FIELDS
from app.servers.broker.records.metrics import CONTENT_TYPE_PLAIN_0_0_4, Figures
from app.servers.broker.upstream.circuit import Breaker
from app.servers.broker.web.addresses import is_forwarded, networks, parsed, within
from app.servers.broker.web.bodies import FORM, SDP, kind_of
from app.servers.broker.web.desk import Desk
from app.servers.broker.web.guard import Guard
from app.servers.broker.web.health import Health
from app.servers.broker.web.openapi import MINT_PATHS, document
from app.servers.broker.web.reception import Guest, Reception
from app.servers.broker.web.refusal import RETRY_SOON_S, Refusal, store_gone
from app.servers.broker.web.visit import Visit, visit_of

_log = logging.getLogger("parlance.broker")

_UNAUDITED: Final = frozenset({"address_rate_limited"})
"""Turned away before anything was looked at: counted, but not written down one by one."""

Work = Callable[[Request, Guest, Visit], Awaitable[Response]]


class Web:
    """The routes over reception and desk."""

    def __init__(
        self,
        settings: Settings,
        reception: Reception,
        desk: Desk,
        health: Health,
        breaker: Breaker,
        audit: AuditTrail,
        figures: Figures,
        clock_s: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._reception = reception
        self._desk = desk
        self._health = health
        self._breaker = breaker
        self._audit = audit
        self._figures = figures
        self._clock_s = clock_s
        self._document = document()
        self._metrics_for = networks(settings.metrics.allow)
        self._proxies = networks(settings.server.trusted_proxies)

    def application(self) -> ASGIApp:
        """The application with its guard."""
        calls = "/v1/realtime/calls"
        routes = [
            *(Route(path, self._mint, methods=["POST"]) for path in MINT_PATHS),
            Route("/api/session", self._session, methods=["GET", "POST"]),
            Route("/session", self._session, methods=["POST"]),
            Route(calls, self._connect, methods=["POST"]),
            Route(calls + "/{call_id}/hangup", self._hang_up, methods=["POST"]),
            Route(calls + "/{call_id}", self._hang_up, methods=["DELETE"]),
            Route("/api/health", self._healthy, methods=["GET"]),
            Route("/api/health/live", self._live, methods=["GET"]),
            Route("/api/health/ready", self._ready, methods=["GET"]),
            Route("/metrics", self._metrics, methods=["GET"]),
            Route("/openapi.json", self._openapi, methods=["GET"]),
        ]
        handlers = {Refusal: _refused, HTTPException: _unrouted, Exception: _failed}
        inner = Starlette(routes=routes, exception_handlers=handlers)
        inner.router.redirect_slashes = False
        return Guard(inner, self._settings, lambda: self._health.draining)

    async def _mint(self, request: Request) -> Response:
        return await self._served("mint", request, self._desk.mint)

    async def _connect(self, request: Request) -> Response:
        return await self._served("connect", request, self._desk.connect)

    async def _hang_up(self, request: Request) -> Response:
        return await self._served("hang_up", request, self._desk.hang_up)

    async def _session(self, request: Request) -> Response:
        """Two guides use one path for two things; the kind of the body tells which."""
        if request.method == "HEAD":
            raise HTTPException(405, headers={"Allow": "GET, POST"})
        return await (self._connect if kind_of(request) in (SDP, FORM) else self._mint)(request)

    async def _served(self, form: str, request: Request, work: Work) -> Response:
        """Reception, then the desk; whatever comes of it is counted and audited before it leaves."""
        visit, begun_s = visit_of(request), self._clock_s()
        outcome = "failed"
        try:
            await self._reception.count_address(visit)
            # Ending a call is never too much.
            guest = await self._reception.guest(request, visit, counted=form != "hang_up")
            response = await work(request, guest, visit)
            self._write(form, "ok", visit)
            outcome = "ok"
        except StoreGone:
            refusal = store_gone()
            outcome = self._noted(form, refusal, visit)
            raise refusal from None
        except Refusal as refusal:
            outcome = self._noted(form, refusal, visit)
            raise
        except AuditGone:
            await self._desk.undo(visit)
            outcome = "audit_unavailable"
            message = "Nothing can be written down at the moment, so nothing is started."
            raise Refusal(503, outcome, message, RETRY_SOON_S) from None
        finally:
            took_s = self._clock_s() - begun_s
            self._figures.requests.labels(form, outcome).inc()
            self._figures.took.labels(form).observe(took_s)
            said = {"requestId": visit.request_id, "form": form, "outcome": outcome, "took_ms": round(took_s * 1000, 1)}
            _log.debug("request", extra={FIELDS: said})
        return response

    def _noted(self, form: str, refusal: Refusal, visit: Visit) -> str:
        """Write a refusal down; nothing was handed out, so it stands even if that fails."""
        if refusal.code not in _UNAUDITED:
            try:
                self._write(form, refusal.code, visit, refusal.detail)
            except AuditGone:
                _log.error("x audit trail: a refusal is missing in it")
        return refusal.code

    def _write(self, form: str, outcome: str, visit: Visit, detail: str = "") -> None:
        self._audit.write(
            Record(
                form,
                outcome,
                visit.request_id,
                address=visit.shown_address,
                agent=visit.agent,
                detail=detail,
                **visit.noted,
            )
        )

    async def _healthy(self, request: Request) -> Response:
        return JSONResponse(await self._health.report())

    async def _live(self, request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _ready(self, request: Request) -> Response:
        report = await self._health.report()
        return JSONResponse(report, 200 if report["ready"] else 503)

    async def _metrics(self, request: Request) -> Response:
        """For listed addresses. A proxy that is not trusted could stand for anybody, so what it brings is refused."""
        peer = parsed(request.client.host if request.client else "")
        unknown_proxy = is_forwarded(request.headers) and not within(peer, self._proxies)
        if unknown_proxy or not within(visit_of(request).address, self._metrics_for):
            raise Refusal(403, "metrics_refused", "The metrics are not for this address.")
        page = self._figures.text(self._breaker.state, await self._health.calls())
        return Response(page, media_type=CONTENT_TYPE_PLAIN_0_0_4)

    async def _openapi(self, request: Request) -> Response:
        return JSONResponse(self._document)


async def _refused(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    return refusal.response(visit_of(request).request_id)


async def _unrouted(request: Request, trouble: Exception) -> Response:
    assert isinstance(trouble, HTTPException)
    known = {404: ("not_found", "There is nothing here."), 405: ("method_not_allowed", "Not with this method.")}
    code, message = known.get(trouble.status_code, ("invalid_request", "The request cannot be served."))
    response = Refusal(trouble.status_code, code, message).response(visit_of(request).request_id)
    response.headers.update(trouble.headers or {})
    return response


async def _failed(request: Request, trouble: Exception) -> Response:
    message = "The broker had an error. Tell who runs it the request id."
    _log.error("x %s", type(trouble).__name__, extra={FIELDS: {"requestId": visit_of(request).request_id}})
    return Refusal(500, "internal_error", message).response(visit_of(request).request_id)
