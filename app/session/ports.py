"""What the session needs of the world. Adapters satisfy these by shape and never import this module."""

from collections.abc import Callable, Mapping
from typing import Protocol

from app.audio.catalog import Catalog, Device
from app.audio.pcm import Pcm
from app.audio.stream_stats import StreamStats
from app.conversation.admission import Answer, Grant, Secret, SocketEntry
from app.conversation.paths import Network
from app.conversation.profiles import Profile, Transport
from app.conversation.troubles import StorageTrouble, Trouble
from app.realtime.session import Tool


class LinkEars(Protocol):
    """What a link tells. Called on the session loop only; each returns at once and never raises."""

    def transport_up(self) -> None:
        """ICE and DTLS are through."""

    def channel_opened(self) -> None:
        """The data channel can be written to."""

    def text_arrived(self, text: str) -> None:
        """One message of the data channel."""

    def link_broke(self, trouble: Trouble) -> None:
        """The link ended without being asked to."""


class Playout(Protocol):
    """What a link has received, ready to be played. ``pull`` is the sound thread's, the rest from anywhere."""

    def pull(self, out: Pcm, now_s: float) -> None:
        """Fill all BLOCK_SAMPLES of ``out``; ``now_s`` is monotonic."""

    def drop(self) -> None:
        """Fall silent; forget what waits and what still comes, until ``resume``."""

    def resume(self) -> None:
        """Play again what comes from now on."""

    def audible(self, now_s: float) -> bool:
        """Whether something could be heard just now."""


class Line(Protocol):
    """One connection to one server, made for one attempt and never used again. Session loop only."""

    @property
    def playout(self) -> Playout:
        """What comes in; this line's own, so that an old line has nowhere to be heard."""

    def send_text(self, text: str) -> None:
        """Put one message on the channel; without effect once the line broke."""

    def send_audio(self, block: Pcm, gap_samples: int) -> int:
        """Send BLOCK_SAMPLES, after so much time in which nothing was sent. Sound thread; dropped until it is up.

        Returns how many more blocks fill what travels as one packet; 1 or more.
        """

    async def close(self) -> None:
        """End it and leave nothing behind: no task, thread or socket. Safe to call at any point, once."""


class CallLine(Line, Protocol):
    """A line that is opened by offer and answer (WebRTC)."""

    async def offer(self) -> str:
        """Gather candidates and return the SDP offer."""

    async def accept(self, answer_sdp: str) -> None:
        """Apply the answer and start connecting; raises ServerAnswerUnusable."""


class SocketLine(Line, Protocol):
    """A line that is opened by one request (WebSocket)."""

    async def connect(self, url: str, headers: Mapping[str, str]) -> None:
        """Open it; raises SignIn- or LinkTrouble."""


class NewCallLine(Protocol):
    """Makes such lines."""

    def __call__(self, ears: LinkEars, profile: Profile) -> CallLine:
        """A line that has not touched the network yet. Session loop."""


class NewSocketLine(Protocol):
    """Makes such lines."""

    def __call__(self, ears: LinkEars, profile: Profile) -> SocketLine:
        """A line that has not touched the network yet. Session loop."""


class Paths(Protocol):
    """What is known about ways through the present network. Session loop only."""

    def network(self) -> Network:
        """The network of this moment. Cheap."""

    async def order(self, transports: tuple[Transport, ...]) -> tuple[Transport, ...]:
        """The transports in the order to try them here."""

    async def learned(self, *, blocked: bool) -> None:
        """WebRTC got through here, or did not while a WebSocket did."""


class Tokens(Protocol):
    """From a profile to a secret and to an SDP answer. Session loop only; every call has a deadline inside."""

    async def mint(self, profile: Profile, credential: Secret | None) -> Grant:
        """A fresh short-lived secret (doors BROKER, OWN_KEY, REHEARSAL); raises SignIn- or BrokerTrouble."""

    async def exchange(self, profile: Profile, secret: Secret | None, offer_sdp: str) -> Answer:
        """Offer for answer, at the server (``secret`` of the grant) or at a proxying broker (its credential)."""

    async def socket_entry(self, profile: Profile, credential: Secret | None) -> SocketEntry:
        """Where a WebSocket is opened, and with what."""

    async def hang_up(self, profile: Profile, credential: Secret, answer: Answer) -> None:
        """Tell a proxying broker that the call of its answer is over; never raises."""

    async def warm(self, profile: Profile) -> None:
        """Open connections ahead of time; never raises."""

    async def close(self) -> None:
        """Close kept connections."""


class Credentials(Protocol):
    """Broker credentials and API keys. Calls run in a thread with a deadline inside."""

    async def read(self, slot: str) -> Secret | None:
        """The secret, from this run's memory or the keyring; None if there is none; raises StorageTrouble."""

    async def write(self, slot: str, secret: Secret) -> StorageTrouble | None:
        """Keep it. A returned trouble says that it is kept for this run only, and why."""

    async def forget(self, slot: str) -> None:
        """Remove it everywhere; raises StorageTrouble when the keyring would not."""


class Stream(Protocol):
    """An open device. ``close`` blocks (up to 50 ms) and stops callbacks before it returns."""

    @property
    def device(self) -> Device | None:
        """The device it was opened on; None for a file or the system's own choice."""

    def stats(self) -> StreamStats:
        """How it is doing. From any thread; never blocks."""

    def close(self) -> None:
        """Stop and release. Not on the GUI thread or the session loop."""


class Devices(Protocol):
    """Microphones and loudspeakers. All calls block and belong in the pool, except ``watch``'s callback."""

    def scan(self) -> Catalog:
        """What is there now; raises SoundTrouble."""

    def open_microphone(
        self, device: Device | None, on_block: Callable[[Pcm], None], on_end: Callable[[], None]
    ) -> Stream:
        """Capture in blocks of BLOCK_SAMPLES at RATE_HZ.

        ``on_block`` runs on the device's thread with an array it must copy from; ``on_end`` runs once, on any
        thread, if the stream ends without ``close``. ``device`` None is the system's default. Raises SoundTrouble.
        """

    def open_speaker(self, device: Device | None, fill: Callable[[Pcm], None], on_end: Callable[[], None]) -> Stream:
        """Playback: ``fill`` runs on the device's thread and must write all BLOCK_SAMPLES of its argument."""

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call ``changed`` from any thread whenever a scan could differ; returns the function that stops this."""


class Tools(Protocol):
    """The functions the model may call. Session loop only."""

    def definitions(self) -> tuple[Tool, ...]:
        """What the model is told of them."""

    async def call(self, name: str, arguments: str) -> tuple[str, str]:
        """Run one: JSON text for the model, and one line for the person (or none). Never raises, never hangs."""


class Rehearsal(Protocol):
    """The embedded server as a child process."""

    async def start(self) -> tuple[str, Secret]:
        """Base URL and the key it accepts; raises RehearsalUnavailable. A second call returns the running one."""

    async def stop(self) -> None:
        """End it, at most 2 s."""
