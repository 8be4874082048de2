"""The relay: the present attempt and, during a hand-over, its successor. Who is heard, and who is spoken to."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from app.audio.pcm import Pcm
from app.conversation import happenings as did
from app.conversation.profiles import Profile
from app.realtime.requests import ClientRequest
from app.session.attempt import Attempt
from app.session.opening import World
from app.session.ports import Playout

log = logging.getLogger("parlance.session")


class Relay:
    """Driven by the conductor; session loop only, but for ``send_audio``.

    What the present attempt says goes to ``say``, what its successor says goes there as ``ToSuccessor``; an attempt
    that is neither, because it was replaced, has nothing to say any more.
    """

    def __init__(
        self,
        tasks: asyncio.TaskGroup,
        world: World,
        *,
        say: Callable[[did.Happening], None],
        play: Callable[[Playout], None],
    ) -> None:
        self._tasks: Final = tasks
        self._world: Final = world
        self._say: Final = say
        self._play: Final = play
        self._present: Attempt | None = None
        self._successor: Attempt | None = None

    def start(self, profile: Profile) -> None:
        """Begin a connection; the one before has ended."""
        self._present = self._begin(profile)

    def stop(self) -> None:
        """Ask the present attempt to end."""
        if self._present is not None:
            self._present.stop()

    def start_successor(self, profile: Profile) -> None:
        """Begin a second connection beside the present one."""
        self._successor = self._begin(profile)

    def stop_successor(self) -> None:
        """The successor is not needed any more."""
        if self._successor is not None:
            self._successor.stop()
            self._successor = None

    def adopt(self) -> None:
        """The swap: from here on the one before is neither, and ends by itself."""
        before, self._present, self._successor = self._present, self._successor, None
        if self._present is not None and self._present.playout is not None:
            self._play(self._present.playout)
        if before is not None:
            before.stop()
        log.info("- moved to a new session")

    def send(self, request: ClientRequest, *, to_successor: bool) -> None:
        """Put a request on a channel."""
        attempt = self._successor if to_successor else self._present
        if attempt is not None:
            attempt.send(request)

    def send_audio(self, block: Pcm, gap_samples: int) -> int:
        """Send sound to the present attempt. Sound thread; as a line's."""
        attempt = self._present
        return attempt.send_audio(block, gap_samples) if attempt is not None else 1

    def _begin(self, profile: Profile) -> Attempt:
        attempt = Attempt(
            self._world,
            profile,
            say=lambda happening: self._hear(attempt, happening),
            heard=lambda playout: self._heard(attempt, playout),
        )
        self._tasks.create_task(attempt.run())
        return attempt

    def _heard(self, attempt: Attempt, playout: Playout) -> None:
        if attempt is self._present:
            self._play(playout)

    def _hear(self, attempt: Attempt, happening: did.Happening) -> None:
        has_ended = isinstance(happening, did.LinkEnded)
        if attempt is self._successor:
            if has_ended:
                self._successor = None
            if isinstance(happening, did.LinkOpened | did.ServerSaid | did.LinkEnded):
                self._say(did.ToSuccessor(happening))
        elif attempt is self._present:
            if has_ended:
                self._present = None
            self._say(happening)
