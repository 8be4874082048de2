"""The last net under the log: what looks like a secret is blanked. Nothing should ever fall into it. Pure."""

import re

BLANK = "…"

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    # Keys and short-lived secrets of the Realtime API and of its relatives.
    (re.compile(r"\b(sk|ek)([-_])[A-Za-z0-9_-]{4,}"), rf"\1\2{BLANK}"),
    # JSON Web Tokens, which other brokers hand out.
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,4}"), BLANK),
    # Headers, as written on the wire or as a dictionary prints them.
    (re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{4,}", re.IGNORECASE), rf"\1 {BLANK}"),
    (re.compile(r"\b((?:authorization|api-key|cookie)\b['\"]?\s*[:=]\s*)[^\r\n,}]+", re.IGNORECASE), rf"\1{BLANK}"),
    # ICE passwords and DTLS fingerprints in SDP (RFC 8839, RFC 8122).
    (re.compile(r"(a=(?:ice-pwd|ice-ufrag|fingerprint|crypto):)[^\r\n\\'\"]+"), rf"\1{BLANK}"),
    # Addresses: user and password, then queries that name a secret.
    (re.compile(r"(://)[^/\s@'\"]+@"), rf"\1{BLANK}@"),
    (
        re.compile(
            r"([?&;](?:access_token|token|api_key|key|secret|code|sig|signature|password|auth)=)[^&\s#'\"]+",
            re.IGNORECASE,
        ),
        rf"\1{BLANK}",
    ),
    (
        re.compile(r"((?:password|passwd|credential|secret)['\"]?\s*[:=]\s*['\"]?)[^\s'\",}]+", re.IGNORECASE),
        rf"\1{BLANK}",
    ),
)
_KEY = re.compile(r"(?<![A-Za-z0-9])(?:sk-|ek_)[A-Za-z0-9_-]{8,}")


def redacted(text: str) -> str:
    """The text without what looks like a secret."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def looks_like_a_key(text: str) -> bool:
    """Whether an API key or a short-lived secret stands in the text, as when one was pasted into the wrong field."""
    return _KEY.search(text) is not None
