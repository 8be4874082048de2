"""``main.py doctor --profile NAME``: all that can be found out about a server without holding a conversation."""

from dataclasses import replace

from app.assembly.findings import Finding, Look, finding
from app.assembly.surroundings import Adapters
from app.conversation.admission import Secret
from app.conversation.profiles import AuthStyle, Door, Profile, Transport
from app.conversation.troubles import CredentialMissing, StorageTrouble
from app.tokens.probing import Probe

_NO_CALLS = "Check the address, the model and the calls path of the profile."
_NO_SOCKET = "Check the WebSocket path of the profile; empty it if the server has none."


class ProfileCheckup:
    """One run. Each step looks only where the steps before make sense of it."""

    def __init__(self, adapters: Adapters, profile: Profile) -> None:
        self._adapters = adapters
        self._profile = profile
        self._probe = Probe()
        self._findings: list[Finding] = []
        self._secret = Secret("")

    async def run(self) -> list[Finding]:
        """What was found, in the order of a connection."""
        try:
            await self._run()
        finally:
            await self._probe.close()
        return self._findings

    async def _run(self) -> None:
        is_rehearsal = self._profile.door is Door.REHEARSAL and not self._profile.server_url
        if is_rehearsal and not await self._look("Rehearsal server", self._rehearsal):
            return
        if not await self._reach():
            return
        transports = self._profile.transports
        may_enter = is_rehearsal or await self._look("Credential", self._credential)
        may_call = may_enter and (not self._profile.mints or await self._look("Secret", self._mint))
        if may_call and Transport.WEBRTC in transports:
            await self._look("Calls", lambda: self._probe.calls(self._profile, self._secret), _NO_CALLS)
        if Transport.WEBSOCKET in transports:
            await self._look("WebSocket", lambda: self._probe.socket(self._profile), _NO_SOCKET)

    async def _reach(self) -> bool:
        """Whether all machines answer that a connection needs."""
        reached = True
        if self._profile.door in (Door.BROKER, Door.BROKER_PROXY):
            reached = await self._look("Broker", lambda: self._probe.broker(self._profile))
        if self._profile.door is not Door.BROKER_PROXY:
            reached = await self._look("Server", lambda: self._probe.server(self._profile)) and reached
        return reached

    async def _look(self, name: str, look: Look, remedy: str = "") -> bool:
        found = await finding(name, look, remedy)
        self._findings.append(found)
        return found.works

    async def _rehearsal(self) -> str:
        url, self._secret = await self._adapters.rehearsal.start()
        self._profile = replace(self._profile, server_url=url)
        return f"starts and answers at {url}"

    async def _credential(self) -> str:
        if self._profile.auth is AuthStyle.NONE:
            return "none is asked for"
        try:
            stored = await self._adapters.credentials.read(self._profile.credential_slot)
        except StorageTrouble:
            if self._profile.needs_credential:
                raise
            stored = None
        if stored is None and self._profile.needs_credential:
            raise CredentialMissing
        self._secret = stored or self._secret
        return "there is one" if stored else "there is none, and it may do without"

    async def _mint(self) -> str:
        grant = await self._adapters.tokens.mint(self._profile, self._secret)
        self._secret = grant.secret
        return f"a short-lived one is handed out{' for ' + grant.model if grant.model else ''}"
