"""What window and call have in common: places, settings, and the adapters a session works with."""

import os
from dataclasses import dataclass

from app.conversation.admission import Secret
from app.link.voice import VoiceCall
from app.processes.rehearsal import RehearsalProcess
from app.session.attempt import World
from app.tokens.http import HttpTokens
from app.vault.credentials import KeyringCredentials


@dataclass(frozen=True, slots=True)
class Adapters:
    """The adapters of one run, and how to put them away."""

    tokens: HttpTokens
    credentials: KeyringCredentials
    rehearsal: RehearsalProcess

    @property
    def world(self) -> World:
        """The same, as the session sees them."""
        return World(tokens=self.tokens, credentials=self.credentials, rehearsal=self.rehearsal, new_call=VoiceCall)

    async def close(self) -> None:
        """Close connections and end the rehearsal server."""
        await self.tokens.close()
        await self.rehearsal.stop()


def build_adapters() -> Adapters:
    """On the session loop. The environment may stand in for the keyring, for scripts."""
    stand_in = os.environ.get("PARLANCE_BROKER_CREDENTIAL", "")
    return Adapters(
        tokens=HttpTokens(),
        credentials=KeyringCredentials(stand_in=Secret(stand_in) if stand_in else None),
        rehearsal=RehearsalProcess(),
    )
