"""The door: which way of signing in a credential belongs to."""

from app.servers.broker.people.person import Entrance, Person, Unwelcome
from app.servers.broker.people.token_lines import PREFIX


class Door:
    """Reads the Authorization header and asks the way of signing in that it is for."""

    def __init__(self, static: Entrance, openid: Entrance | None) -> None:
        self._static = static
        self._openid = openid

    async def admit(self, authorization: str) -> Person | Unwelcome:
        """Who shows this Authorization header (RFC 6750 section 2.1)."""
        scheme, _, credential = authorization.strip().partition(" ")
        credential = credential.strip()
        if scheme.lower() != "bearer" or not credential:
            return Unwelcome.NO_CREDENTIAL
        if credential.startswith(PREFIX) or self._openid is None:
            return await self._static.admit(credential)
        return await self._openid.admit(credential)
