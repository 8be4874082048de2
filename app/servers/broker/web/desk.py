"""The three things that people come for: a secret, a call, the end of a call. Each is counted, audited and bounded."""

import hashlib
import hmac
import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.servers.broker.allowance.leash import Leash
from app.servers.broker.allowance.ledger import (
    MICRO,
    Allowance,
    Call,
    Exhausted,
    Ledger,
    Reservation,
    StoreGone,
    day_of,
)
from app.servers.broker.config.settings import Settings
from app.servers.broker.policy.merging import PolicyForbids, Terms, terms_of
from app.servers.broker.policy.wishes import Wish, WishRefused, options_of, session_body, wish_of
from app.servers.broker.upstream.answers import UpstreamFault, is_call_id
from app.servers.broker.upstream.client import Server
from app.servers.broker.web.answers import minted_answer
from app.servers.broker.web.bodies import FORM, JSON, SDP, body_of, checked_offer, form_of, kind_of
from app.servers.broker.web.reception import Guest
from app.servers.broker.web.refusal import RETRY_SOON_S, Refusal, of_upstream, store_gone
from app.servers.broker.web.visit import Visit

_PLACE_KEPT_S: Final = 60
"""How much longer than its length a call keeps its place: the leash needs a moment."""
_EXHAUSTED: Final = {
    Exhausted.SESSIONS: "You have as many sessions as are allowed at a time.",
    Exhausted.MINUTES: "Your minutes for today are used up.",
    Exhausted.MONEY: "Your budget for today is used up.",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """Serves guests. Raises Refusal; StoreGone where nothing could be counted."""

    settings: Settings
    ledger: Ledger
    leash: Leash
    server: Server
    now: Callable[[], datetime]

    async def mint(self, request: Request, guest: Guest, visit: Visit) -> Response:
        """A secret, for the client to connect with."""
        self._require_form(guest, "mint")
        body = await self._body(request)
        if body.strip() and kind_of(request) != JSON:
            raise Refusal(415, "unsupported_media_type", f"The body must be {JSON}.")
        wish = _wish(body)
        terms = _terms(wish, guest, visit)
        held = self._reservation(guest, terms.model, guest.policy.charged_for_secret_s, terms.secret_s)
        await self._reserve(held, guest, visit)
        session = session_body(terms.options)
        try:
            minted = await self.server.mint(session, terms.secret_s, self._safety_identifier(guest.user))
        except UpstreamFault as trouble:
            await self._give_back(held)
            raise of_upstream(trouble) from None
        visit.noted |= {"session_id": minted.session_id, "expires_at": minted.expires_at_s}
        return JSONResponse(minted_answer(minted, session, terms.model, wish.session_id, request.url.path))

    async def connect(self, request: Request, guest: Guest, visit: Visit) -> Response:
        """A call: the client's offer and the broker's session go up, the answer comes back (PROTOCOL 1.2 b)."""
        self._require_form(guest, "proxy")
        offer_sdp, wish = await self._offer(request)
        terms = _terms(wish, guest, visit)
        call_s = guest.policy.call_s
        held = self._reservation(guest, terms.model, call_s, call_s + _PLACE_KEPT_S)
        await self._reserve(held, guest, visit)
        try:
            answered = await self.server.connect(
                offer_sdp, session_body(terms.options), self._safety_identifier(guest.user)
            )
        except UpstreamFault as trouble:
            await self._give_back(held)
            raise of_upstream(trouble) from None
        visit.noted["call_id"] = answered.call_id
        try:
            await self.leash.begin(Call(answered.call_id, guest.user, held))
        except StoreGone:
            await self.leash.pull_back(answered.call_id)
            raise store_gone() from None
        if await request.is_disconnected():
            await self.leash.pull_back(answered.call_id)
            raise Refusal(408, "client_gone", "The client did not wait for the answer.")
        place = {"Location": f"/v1/realtime/calls/{answered.call_id}"}
        return Response(answered.sdp, 201, place, media_type=SDP)

    async def hang_up(self, request: Request, guest: Guest, visit: Visit) -> Response:
        """The end of a call of the guest's own; of others' calls it is not even said that they exist."""
        call_id = request.path_params["call_id"]
        if not is_call_id(call_id) or not hmac.compare_digest(
            (await self.ledger.owner(call_id)).encode(), guest.user.encode()
        ):
            raise Refusal(404, "call_not_found", "No call of yours with this id is running.")
        visit.noted["call_id"] = call_id
        if not await self.leash.end(call_id):
            raise Refusal(502, "hang_up_failed", "The call could not be hung up; it will be tried again.", RETRY_SOON_S)
        return Response(status_code=200)

    async def undo(self, visit: Visit) -> None:
        """Take back what was handed out: it could not be written down. A secret is never seen by anybody then."""
        if call_id := visit.noted.get("call_id"):
            await self.leash.pull_back(call_id)

    def _require_form(self, guest: Guest, form: str) -> None:
        if form not in guest.policy.forms:
            raise Refusal(403, "form_not_allowed", "Your policy does not allow this way to connect.")

    async def _body(self, request: Request) -> bytes:
        return await body_of(request, self.settings.server.body_bytes, self.settings.server.body_s)

    async def _offer(self, request: Request) -> tuple[bytes, Wish]:
        """The offer and the wish: raw with ``?model=`` at most, or a form of ``sdp`` and ``session``."""
        kind, body = kind_of(request), await self._body(request)
        for name in request.query_params:
            if name != "model":
                raise _invalid(WishRefused(name, "there is no such parameter"))
        model = request.query_params.get("model")
        named = {"type": "realtime"} | ({"model": model} if model else {})
        if kind == SDP:
            return checked_offer(body), Wish(options_of(named, "session"))
        if kind != FORM:
            raise Refusal(415, "unsupported_media_type", f"The body must be {SDP} or {FORM}.")
        parts = await form_of(request, body)
        for name in parts:
            if name not in ("sdp", "session"):
                raise _invalid(WishRefused(name, "there is no such part"))
        if "sdp" not in parts:
            raise _invalid(WishRefused("sdp", "it is missing"))
        wish = (
            _wish(b'{"session": ' + parts["session"] + b"}")
            if "session" in parts
            else Wish(options_of(named, "session"))
        )
        return checked_offer(parts["sdp"]), wish

    def _reservation(self, guest: Guest, model: str, seconds: int, held_s: int) -> Reservation:
        per_minute = self.settings.prices.get(model, 0.0)
        micro = math.ceil(per_minute * seconds / 60 * MICRO)
        return Reservation(secrets.token_hex(12), guest.user, day_of(self.now()), held_s, seconds, micro)

    async def _reserve(self, held: Reservation, guest: Guest, visit: Visit) -> None:
        refused = await self.ledger.reserve(held, Allowance.of(guest.policy))
        if refused is not None:
            raise Refusal(429, refused.what.value, _EXHAUSTED[refused.what], refused.retry_after_s)
        visit.noted["seconds"] = held.seconds

    async def _give_back(self, held: Reservation) -> None:
        try:
            await self.ledger.release(held)
        except StoreGone:
            return  # what is held stays held: rather too little is spent than too much

    def _safety_identifier(self, user: str) -> str:
        """The same for the same person always, and telling nobody who that is (PROTOCOL 1.1)."""
        salt = self.settings.upstream.safety_salt or "parlance-broker"
        return hmac.new(salt.encode(), user.encode(), hashlib.sha256).hexdigest()


def _wish(body: bytes) -> Wish:
    try:
        return wish_of(body)
    except WishRefused as why:
        raise _invalid(why) from None


def _terms(wish: Wish, guest: Guest, visit: Visit) -> Terms:
    try:
        terms = terms_of(wish, guest.policy)
    except PolicyForbids as why:
        raise Refusal(403, "policy_forbids", str(why)) from None
    visit.noted["model"] = terms.model
    return terms


def _invalid(why: WishRefused) -> Refusal:
    return Refusal(400, "invalid_request", str(why))
