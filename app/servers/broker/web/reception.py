"""Who may go on to the desk: limits per address, sign-in, the policy, limits per user."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from app.servers.broker.allowance.rates import Rates
from app.servers.broker.config.fields import Rate
from app.servers.broker.config.settings import Limits, Policy
from app.servers.broker.people.entrance import Door
from app.servers.broker.people.person import Person, Unwelcome
from app.servers.broker.records.metrics import Figures
from app.servers.broker.web.refusal import RETRY_SOON_S, Refusal
from app.servers.broker.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who may ask, and under which policy."""

    user: str
    policy: Policy


class Reception:
    """Lets people through or refuses them. Raises Refusal, and StoreGone where nothing can be counted."""

    def __init__(
        self, door: Door, rates: Rates, policies: Mapping[str, Policy], limits: Limits, figures: Figures
    ) -> None:
        self._door = door
        self._rates = rates
        self._policies = policies
        self._address_rate = Rate.parse(limits.address_rate)
        self._failed_rate = Rate.parse(limits.failed_sign_in_rate)
        self._figures = figures

    async def count_address(self, visit: Visit) -> None:
        """Whoever it is: so many requests from one address."""
        wait_s = await self._rates.take(self._address_rate, "address", visit.counted_address)
        if wait_s:
            raise Refusal(429, "address_rate_limited", "There were too many requests from this address.", wait_s)

    async def guest(self, request: Request, visit: Visit, *, counted: bool) -> Guest:
        """Who it is; ``counted`` against the user's rate."""
        found = await self._door.admit(request.headers.get("authorization", ""))
        if isinstance(found, Unwelcome):
            raise await self._turned_away(found, visit)
        visit.noted |= {"user": found.user, "policy": found.policy}
        policy = self._policies.get(found.policy)
        if policy is None:
            raise Refusal(403, "no_policy", "This account may not use the broker.")
        if counted:
            await self._count_user(found, policy)
        return Guest(found.user, policy)

    async def _count_user(self, person: Person, policy: Policy) -> None:
        wait_s = await self._rates.take(Rate.parse(policy.rate), "user", person.user)
        if wait_s:
            raise Refusal(429, "user_rate_limited", "You asked too often.", wait_s)

    async def _turned_away(self, why: Unwelcome, visit: Visit) -> Refusal:
        """Clients are not told why: it would help whoever guesses."""
        self._figures.sign_ins.labels(why.value).inc()
        if why is Unwelcome.KEYS_UNAVAILABLE:
            message = "Sign-ins cannot be checked at the moment."
            return Refusal(503, "sign_in_unavailable", message, RETRY_SOON_S, detail=why.value)
        wait_s = await self._rates.take(self._failed_rate, "failed", visit.counted_address)
        if wait_s:
            message = "Too many sign-ins from this address failed."
            return Refusal(429, "sign_in_rate_limited", message, wait_s, detail=why.value)
        return Refusal(401, "not_signed_in", "Sign in: the token is missing or not valid.", detail=why.value)
