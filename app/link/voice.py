"""A WebRTC link with its codec: sound goes in and comes out."""

from app.audio.downlink import Downlink
from app.audio.packetiser import Packetiser
from app.audio.pcm import Pcm
from app.conversation.profiles import IceServer
from app.link.envelope import Envelope
from app.link.webrtc import Ears, WebRtcLink


class VoiceCall(WebRtcLink):
    """What the session calls a line. ``send_audio`` belongs to the sound thread, and so does encoding.

    ``envelope`` is for a server that wraps its messages.
    """

    def __init__(self, ears: Ears, ice_servers: tuple[IceServer, ...] = (), envelope: Envelope | None = None) -> None:
        self.playout = Downlink()
        self._packetiser = Packetiser()
        self._envelope = envelope
        super().__init__(ears, self.playout.insert, ice_servers)

    def send_audio(self, block: Pcm, gap_samples: int) -> int:
        """Encode and send one block, after so much time in which nothing was sent; how many more fill a packet."""
        for packet in self._packetiser.push(block, gap_samples):
            self.send_packet(packet)
        return self._packetiser.missing_blocks

    def _text_arrived(self, text: str) -> None:
        opened = text if self._envelope is None else self._envelope.unwrap(text)
        if opened is not None:
            super()._text_arrived(opened)
