"""The two session descriptions of a call: ours is written, the server's is read.

An offer here has one shape (RFC 8829, RFC 8843): one audio section with Opus, one data channel section, both on
one transport. So it is a text with holes, and of the answer only what decides something is looked at.
"""

import ipaddress
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from aioice import Candidate

from app.conversation.troubles import ServerAnswerUnusable

OPUS_PAYLOAD_TYPE: Final = 96
SCTP_PORT: Final = 5000

MAX_MESSAGE_BYTES: Final = 262_144
"""The largest message we say we take; well inside the receive window of 1 MiB."""

_UNSTATED_MAX_MESSAGE_BYTES: Final = 65_536
"""What RFC 8841 section 6 wants assumed of a peer that says nothing."""

_FINGERPRINT_HASHES: Final = frozenset({"sha-256", "sha-384", "sha-512"})
_CANDIDATE_TYPES: Final = frozenset({"host", "srflx", "relay"})
_DIRECTIONS: Final = ("sendrecv", "sendonly", "recvonly", "inactive")
_MAX_CREDENTIAL: Final = 256


@dataclass(frozen=True, slots=True)
class Offer:
    """What goes into our offer."""

    username: str
    password: str
    candidates: tuple[Candidate, ...]
    fingerprint: str
    """The SHA-256 of our certificate, in colon hex."""
    ssrc: int
    cname: str

    def text(self) -> str:
        """The offer as SDP."""
        first = self.candidates[0] if self.candidates else None
        host, port = (first.host, first.port) if first else ("0.0.0.0", 9)
        family = "IP6" if ":" in host else "IP4"
        where = f"c=IN {family} {host}"
        transport = [
            f"a=ice-ufrag:{self.username}",
            f"a=ice-pwd:{self.password}",
            f"a=fingerprint:sha-256 {self.fingerprint}",
            "a=setup:actpass",
        ]
        lines = [
            "v=0",
            f"o=- {secrets.randbits(62)} 1 IN IP4 0.0.0.0",
            "s=-",
            "t=0 0",
            "a=group:BUNDLE 0 1",
            "a=msid-semantic:WMS *",
            f"m=audio {port} UDP/TLS/RTP/SAVPF {OPUS_PAYLOAD_TYPE}",
            where,
            "a=mid:0",
            "a=sendrecv",
            "a=rtcp:9 IN IP4 0.0.0.0",
            "a=rtcp-mux",
            f"a=rtpmap:{OPUS_PAYLOAD_TYPE} opus/48000/2",
            f"a=fmtp:{OPUS_PAYLOAD_TYPE} minptime=10;useinbandfec=1",
            f"a=msid:{self.cname} {self.cname}",
            f"a=ssrc:{self.ssrc} cname:{self.cname}",
            *(f"a=candidate:{candidate.to_sdp()}" for candidate in self.candidates),
            "a=end-of-candidates",
            *transport,
            f"m=application {port} UDP/DTLS/SCTP webrtc-datachannel",
            where,
            "a=mid:1",
            f"a=sctp-port:{SCTP_PORT}",
            f"a=max-message-size:{MAX_MESSAGE_BYTES}",
            *transport,
        ]
        return "\r\n".join(lines) + "\r\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server's answer decides."""

    username: str
    password: str
    candidates: tuple[Candidate, ...]
    """UDP candidates with addresses only; never empty."""
    fingerprints: tuple[tuple[str, str], ...]
    """Hash name and colon hex; never empty."""
    server_begins_dtls: bool
    """``setup:active``: the server is the DTLS client."""
    payload_types: tuple[int, ...]
    """Opus, the preferred one first; never empty."""
    listens: bool
    """Whether the server takes our sound."""
    sctp_port: int
    max_message_bytes: int
    """The largest message the server takes; 0 for any."""


def read_answer(text: str) -> Answer:
    """Read the server's answer to our offer; raises ServerAnswerUnusable for whatever else ``text`` is."""
    if not text.lstrip().startswith("v=0"):
        raise ServerAnswerUnusable("it is not a session description")
    try:
        return _read(text.split("\n"))
    except (ValueError, IndexError) as malformed:
        raise ServerAnswerUnusable("it is a malformed session description") from malformed


class _Section:
    """The lines before the first ``m=``, or those of one ``m=``."""

    def __init__(self, head: str) -> None:
        self._head = head.split()
        self._lines: list[tuple[str, str]] = []

    def add(self, line: str) -> None:
        if line.startswith("a="):
            name, _, value = line[2:].partition(":")
            self._lines.append((name, value.strip()))

    @property
    def kind(self) -> str:
        return self._head[0] if self._head else ""

    @property
    def accepted(self) -> bool:
        """Port 0 says no (RFC 3264 section 6)."""
        return int(self._head[1]) != 0

    @property
    def formats(self) -> list[str]:
        return self._head[3:]

    def all(self, name: str) -> Iterator[str]:
        return (value for key, value in self._lines if key == name)

    def first(self, name: str) -> str:
        return next(self.all(name), "")

    def has(self, name: str) -> bool:
        return any(key == name for key, _ in self._lines)


def _sections(lines: Iterable[str]) -> list[_Section]:
    sections = [_Section("")]
    for line in lines:
        if line.startswith("m="):
            sections.append(_Section(line[2:]))
        else:
            sections[-1].add(line.rstrip("\r"))
    return sections


def _read(lines: Iterable[str]) -> Answer:
    sections = _sections(lines)
    session = sections[0]
    audio = _accepted(sections, "audio")
    data = _accepted(sections, "application")
    if audio is None:
        raise ServerAnswerUnusable("it takes no sound")
    if data is None:
        raise ServerAnswerUnusable("it has no data channel")
    if not audio.has("rtcp-mux"):
        raise ServerAnswerUnusable("it wants a second port for RTCP")
    directions = (name for section in (audio, session) for name in _DIRECTIONS if section.has(name))
    direction = next(directions, "sendrecv")
    if direction == "inactive":
        raise ServerAnswerUnusable("it takes no sound")
    return Answer(
        username=_needed("ICE credentials", audio.first("ice-ufrag"), session.first("ice-ufrag")),
        password=_needed("ICE credentials", audio.first("ice-pwd"), session.first("ice-pwd")),
        candidates=_candidates(sections),
        fingerprints=_fingerprints(audio, session),
        server_begins_dtls=_server_begins_dtls(audio.first("setup") or session.first("setup")),
        payload_types=_opus(audio),
        listens=direction in ("sendrecv", "recvonly"),
        sctp_port=_number(data.first("sctp-port"), SCTP_PORT, 65_535),
        max_message_bytes=_number(data.first("max-message-size"), _UNSTATED_MAX_MESSAGE_BYTES, 2**63),
    )


def _accepted(sections: list[_Section], kind: str) -> _Section | None:
    return next((section for section in sections if section.kind == kind and section.accepted), None)


def _needed(what: str, *places: str) -> str:
    for value in places:
        if 0 < len(value) <= _MAX_CREDENTIAL:
            return value
    raise ServerAnswerUnusable(f"it has no {what}")


def _number(text: str, unstated: int, at_most: int) -> int:
    number = int(text) if text else unstated
    if not 0 <= number <= at_most:
        raise ValueError(number)
    return number


def _candidates(sections: Iterable[_Section]) -> tuple[Candidate, ...]:
    """Every UDP candidate with an address; TCP is beyond aioice, and a server has no reason to hide behind mDNS."""
    found = [candidate for section in sections for line in section.all("candidate") if (candidate := _candidate(line))]
    if not found:
        raise ServerAnswerUnusable("it names no UDP address")
    return tuple(found)


def _candidate(line: str) -> Candidate | None:
    try:
        candidate = Candidate.from_sdp(line)
        ipaddress.ip_address(candidate.host)
    except ValueError:
        return None
    usable = (
        candidate.transport.lower() == "udp"
        and candidate.component == 1
        and candidate.type in _CANDIDATE_TYPES
        and 0 < candidate.port < 65_536
    )
    return candidate if usable else None


def _fingerprints(audio: _Section, session: _Section) -> tuple[tuple[str, str], ...]:
    pairs = [line.split() for section in (audio, session) for line in section.all("fingerprint")]
    known = tuple((pair[0].lower(), pair[1]) for pair in pairs if pair[0].lower() in _FINGERPRINT_HASHES)
    if not known:
        raise ServerAnswerUnusable("it has no certificate fingerprint")
    return known


def _server_begins_dtls(setup: str) -> bool:
    if setup not in ("active", "passive"):
        raise ServerAnswerUnusable("it does not say who begins the DTLS handshake")
    return setup == "active"


def _opus(audio: _Section) -> tuple[int, ...]:
    maps = dict(line.split(maxsplit=1) for line in audio.all("rtpmap") if " " in line)
    opus = (format for format in audio.formats if maps.get(format, "").lower().startswith("opus/48000"))
    found = tuple(_number(format, OPUS_PAYLOAD_TYPE, 127) for format in opus)
    if not found:
        raise ServerAnswerUnusable("it does not speak Opus")
    return found
