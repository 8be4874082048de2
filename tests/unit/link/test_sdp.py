"""Our offer as others read it, and the server's answer as we read it."""

import pytest
from aioice import Candidate
from aiortc import sdp
from hypothesis import given
from hypothesis import strategies as st

from app.conversation.troubles import ServerAnswerUnusable
from app.link.sdp import Offer, read_answer

OFFER = Offer(
    username="abcd",
    password="0123456789abcdefghijkl",
    candidates=(
        Candidate("f1", 1, "udp", 2130706431, "198.51.100.7", 50000, "host"),
        Candidate("f2", 1, "udp", 2130706431, "2001:db8::7", 50001, "host"),
    ),
    fingerprint="AB:CD",
    ssrc=12345,
    cname="me",
)

# The shape of a hosted server's answer: ICE-lite, fingerprint for the whole session, UDP and TCP, no end of candidates.
HOSTED = """v=0
o=- 1 2 IN IP4 0.0.0.0
s=-
t=0 0
a=msid-semantic:WMS*
a=fingerprint:sha-256 11:22:33
a=ice-lite
a=group:BUNDLE 0 1
m=audio 9 UDP/TLS/RTP/SAVPF 96 0 8
c=IN IP4 0.0.0.0
a=setup:active
a=mid:0
a=ice-ufrag:routing/key+1
a=ice-pwd:ABCDEFGHIJKLMNOPQRSTUVWX
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:96 opus/48000/2
a=fmtp:96 minptime=10;useinbandfec=1
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=ssrc:77 cname:realtimeapi
a=sendrecv
a=candidate:1 1 udp 2130706431 203.0.113.1 3478 typ host ufrag routing/key+1
a=candidate:2 1 tcp 1671430143 203.0.113.1 443 typ host tcptype passive ufrag routing/key+1
a=candidate:3 1 UDP 2130706431 2001:db8::1 3478 typ host
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=setup:active
a=mid:1
a=sendrecv
a=sctp-port:5001
a=max-message-size:1073741823
a=ice-ufrag:routing/key+1
a=ice-pwd:ABCDEFGHIJKLMNOPQRSTUVWX
"""


def test_the_offer_says_what_a_server_needs() -> None:
    read = sdp.SessionDescription.parse(OFFER.text())
    assert [media.kind for media in read.media] == ["audio", "application"]
    assert read.group[0].items == ["0", "1"]
    audio, data = read.media
    assert audio.direction == "sendrecv"
    assert audio.rtcp_mux
    assert audio.ssrc[0].ssrc == 12345
    (opus,) = audio.rtp.codecs
    assert (opus.mimeType, opus.clockRate, opus.channels) == ("audio/opus", 48000, 2)
    assert opus.parameters == {"minptime": 10, "useinbandfec": 1}
    assert [(c.ip, c.port) for c in audio.ice_candidates] == [("198.51.100.7", 50000), ("2001:db8::7", 50001)]
    assert audio.ice_candidates_complete
    assert (data.profile, data.fmt, data.sctp_port) == ("UDP/DTLS/SCTP", ["webrtc-datachannel"], 5000)
    for media in read.media:
        assert media.ice
        assert media.dtls
        assert (media.ice.usernameFragment, media.ice.password) == ("abcd", "0123456789abcdefghijkl")
        assert media.dtls.role == "auto"
        assert [(f.algorithm, f.value) for f in media.dtls.fingerprints] == [("sha-256", "AB:CD")]


def test_a_hosted_answer_is_read() -> None:
    answer = read_answer(HOSTED.replace("\n", "\r\n"))
    assert (answer.username, answer.password) == ("routing/key+1", "ABCDEFGHIJKLMNOPQRSTUVWX")
    assert [(c.host, c.port) for c in answer.candidates] == [("203.0.113.1", 3478), ("2001:db8::1", 3478)]
    assert answer.fingerprints == (("sha-256", "11:22:33"),)
    assert answer.server_begins_dtls
    assert answer.payload_types == (96,)
    assert answer.listens
    assert (answer.sctp_port, answer.max_message_bytes) == (5001, 1073741823)


@pytest.mark.parametrize(
    ("found", "instead", "field", "value"),
    [
        ("a=setup:active\na=mid:0", "a=setup:passive\na=mid:0", "server_begins_dtls", False),
        ("96 0 8", "0 8 111", "payload_types", ()),
        ("a=max-message-size:1073741823\n", "", "max_message_bytes", 65536),
        ("a=sctp-port:5001\n", "", "sctp_port", 5000),
        ("a=sendrecv\na=candidate", "a=sendonly\na=candidate", "listens", False),
        ("a=sendrecv\na=candidate", "a=recvonly\na=candidate", "listens", True),
        ("a=sendrecv\na=candidate", "a=candidate", "listens", True),
    ],
)
def test_what_varies_between_servers(found: str, instead: str, field: str, value: object) -> None:
    text = HOSTED.replace(found, instead)
    if field == "payload_types":
        text = text.replace("a=rtpmap:96 opus", "a=rtpmap:111 OPUS")
        value = (111,)
    assert getattr(read_answer(text), field) == value


def test_credentials_and_setup_may_stand_for_the_whole_session() -> None:
    general = "a=ice-ufrag:abcd\na=ice-pwd:0123456789abcdefghijkl\na=setup:passive\n"
    lines = HOSTED.replace("a=ice-lite\n", "a=ice-lite\n" + general).split("\n")
    audio = lines.index("m=audio 9 UDP/TLS/RTP/SAVPF 96 0 8")
    kept = lines[:audio] + [
        line for line in lines[audio:] if not line.startswith(("a=ice-ufrag", "a=ice-pwd", "a=setup"))
    ]
    answer = read_answer("\n".join(kept))
    assert (answer.username, answer.server_begins_dtls) == ("abcd", False)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not a session description"),
        ("<!doctype html><title>Sign in</title>", "not a session description"),
        ('{"error": "no"}', "not a session description"),
        ("v=0\n", "no sound"),
        (HOSTED.split("m=application")[0], "no data channel"),
        (HOSTED.replace("m=application 9", "m=application 0"), "no data channel"),
        (HOSTED.replace("m=audio 9", "m=audio 0"), "no sound"),
        (HOSTED.replace("a=sendrecv\na=cand", "a=inactive\na=cand"), "no sound"),
        (HOSTED.replace("m=audio 9", "m=audio nine"), "malformed"),
        (HOSTED.replace("m=audio 9", "m=audio"), "malformed"),
        (HOSTED.replace("opus", "speex"), "Opus"),
        (HOSTED.replace("rtpmap:96", "rtpmap:200").replace("96 0 8", "200"), "malformed"),
        (HOSTED.replace("a=ice-ufrag", "a=ice-other"), "ICE credentials"),
        (HOSTED.replace("a=ice-pwd:", "a=ice-pwd:" + "x" * 300), "ICE credentials"),
        (HOSTED.replace("sha-256", "sha-1"), "fingerprint"),
        (HOSTED.replace("a=fingerprint:sha-256 11:22:33", "a=fingerprint:sha-256"), "malformed"),
        (HOSTED.replace("a=setup:active", "a=setup:actpass"), "DTLS"),
        (HOSTED.replace("a=rtcp-mux\n", ""), "RTCP"),
        (HOSTED.replace("udp", "tcp").replace("UDP 2130706431", "TCP 1"), "no UDP address"),
        (HOSTED.replace("203.0.113.1 3478", "host.local 3478").replace("2001:db8::1 3478", "::1 0"), "no UDP address"),
        (HOSTED.replace("sctp-port:5001", "sctp-port:70000"), "malformed"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason(text: str, why: str) -> None:
    with pytest.raises(ServerAnswerUnusable, match=why):
        read_answer(text)


def test_a_malformed_answer_keeps_its_cause_but_not_its_text() -> None:
    with pytest.raises(ServerAnswerUnusable) as refused:
        read_answer(HOSTED.replace("m=audio 9", "m=audio hunter2"))
    assert isinstance(refused.value.__cause__, ValueError)
    assert "hunter2" not in str(refused.value)


_LINES = st.sampled_from([*HOSTED.split("\n"), "a=candidate:", "a=rtpmap:96", "m=", "a=fingerprint: ", "a=", "m=audio"])
_TEXTS = st.lists(_LINES | st.text(max_size=30), max_size=40).map(lambda lines: "v=0\n" + "\n".join(lines)) | st.text()


@given(_TEXTS)
def test_any_text_is_an_answer_or_unusable(text: str) -> None:
    try:
        answer = read_answer(text)
    except ServerAnswerUnusable:
        return
    assert answer.candidates
    assert answer.payload_types
    assert answer.fingerprints
