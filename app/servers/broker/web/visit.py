"""One request on its way through: who asks, from where, and what became of it."""

import ipaddress
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from app.servers.broker.records.redaction import fit
from app.servers.broker.web.addresses import Address, counted

_AGENT_CHARACTERS = 120


@dataclass(slots=True)
class Visit:
    """What the guard found out, and what the desk adds on the way. Kept in the request's state."""

    request_id: str
    address: Address | None = None
    agent: str = ""
    noted: dict[str, Any] = field(default_factory=dict)
    """Fields for the audit record: user, policy, model …"""

    @property
    def counted_address(self) -> str:
        """Under which name the address is counted."""
        return counted(self.address)

    @property
    def shown_address(self) -> str:
        """The address as it is written down."""
        return str(self.address or ipaddress.IPv4Address(0))


def visit_of(request: Request) -> Visit:
    """The visit that the guard began."""
    visit = request.scope["state"]["visit"]
    assert isinstance(visit, Visit)
    return visit


def shown_agent(text: str) -> str:
    """A User-Agent as it may be written down."""
    return fit(text, _AGENT_CHARACTERS)
