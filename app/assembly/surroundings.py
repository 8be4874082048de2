"""What window and call have in common: the adapters a session works with."""

import asyncio
import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from app.conversation.admission import Secret
from app.conversation.paths import KnownPaths, Network
from app.conversation.profiles import Dialect, Profile, Transport
from app.conversation.troubles import SettingsUnwritable
from app.link.envelope import Envelope
from app.link.network import present_network
from app.link.voice import VoiceCall
from app.processes.rehearsal import RehearsalProcess
from app.session.opening import World
from app.session.ports import LinkEars, SocketLine
from app.tokens.http import HttpTokens
from app.vault.credentials import KeyringCredentials
from app.vault.paths_file import load_paths, save_paths
from app.vault.places import Places

log = logging.getLogger("parlance.assembly")


class PathMemory:
    """Which networks let WebRTC through: the policy, its file, and the present network's name. Session loop only."""

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        self._known: KnownPaths | None = None

    def network(self) -> Network:
        """The network of this moment."""
        return present_network()

    async def order(self, transports: tuple[Transport, ...]) -> tuple[Transport, ...]:
        """The transports in the order to try them here."""
        return (await self._read()).order(transports, self.network().name, _now_s())

    async def learned(self, *, blocked: bool) -> None:
        """Remember it, where that says something new."""
        known, network = await self._read(), self.network().name
        now = known.after_failure(network, _now_s()) if blocked else known.after_success(network)
        if now == known:
            return
        self._known = now
        try:
            await asyncio.to_thread(save_paths, self._path, now)
        except SettingsUnwritable as trouble:
            log.warning("x networks not saved: %s", trouble.kind)

    async def _read(self) -> KnownPaths:
        if self._known is None:
            self._known = await asyncio.to_thread(load_paths, self._path)
        return self._known


def _now_s() -> float:
    return datetime.now(UTC).timestamp()


@dataclass(frozen=True, slots=True)
class Adapters:
    """The adapters of one run, and how to put them away."""

    tokens: HttpTokens
    credentials: KeyringCredentials
    rehearsal: RehearsalProcess
    paths: PathMemory

    @property
    def world(self) -> World:
        """The same, as the session sees them."""
        return World(self.tokens, self.credentials, self.rehearsal, self.paths, _new_call, _new_socket)

    async def close(self) -> None:
        """Close connections and end the rehearsal server."""
        await self.tokens.close()
        await self.rehearsal.stop()


def _new_call(ears: LinkEars, profile: Profile) -> VoiceCall:
    return VoiceCall(ears, profile.ice_servers, Envelope() if profile.envelope else None)


def _new_socket(ears: LinkEars, profile: Profile) -> SocketLine:
    # Here and not above: 30 modules that nobody needs where WebRTC gets through.
    from app.link.websocket import VoiceSocket

    return VoiceSocket(ears, beta=profile.dialect is Dialect.BETA)


def build_adapters(places: Places) -> Adapters:
    """On the session loop. The environment may stand in for the keyring, for scripts."""
    stand_in = os.environ.get("PARLANCE_BROKER_CREDENTIAL", "")
    return Adapters(
        tokens=HttpTokens(),
        credentials=KeyringCredentials(stand_in=Secret(stand_in) if stand_in else None),
        rehearsal=RehearsalProcess(),
        paths=PathMemory(places.networks_file),
    )
