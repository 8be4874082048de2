import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.vault.redaction import looks_like_a_key, redacted

PLANTED = "planted0123456789abcdef"


@pytest.mark.parametrize(
    "text",
    [
        f"ek_{PLANTED}",
        f"ek_{PLANTED}-with_parts",
        f"key sk-{PLANTED}.",
        f"sk-proj-{PLANTED}",
        f"Authorization: Bearer {PLANTED}",
        f"{{'Authorization': 'Bearer {PLANTED}'}}",
        f"{{'authorization': '{PLANTED}', 'x': 1}}",
        f"authorization={PLANTED}",
        f"Basic {PLANTED}==",
        f"api-key: {PLANTED}",
        f"a=ice-pwd:{PLANTED}\r\na=x",
        f"'a=ice-ufrag:x\\r\\na=ice-pwd:{PLANTED}\\r\\na=x'",
        f"a=fingerprint:sha-256 {PLANTED}",
        f"https://user:{PLANTED}@host/path",
        f"https://{PLANTED}@host/path",
        f"https://host/token?token={PLANTED}&x=1",
        f"https://host/token?x=1&api_key={PLANTED}#part",
        f"eyJhbGciOiJIUzI1NiJ9.{PLANTED}.{PLANTED}",
        f"password = '{PLANTED}'",
        f'"client_secret": "{PLANTED}"',
    ],
)
def test_a_planted_secret_is_blanked(text: str) -> None:
    assert PLANTED not in redacted(text)
    assert "…" in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01 parlance.session link: opening -> open",
        "< HTTP 200 in 120 ms",
        "call rtc_abc123",
        "the task-force took a risk-free desk-bound decision",
        "https://host/path?team=a",
        "the bearer of this",
    ],
)
def test_ordinary_lines_stay(text: str) -> None:
    assert redacted(text) == text


def test_what_surrounds_a_secret_stays() -> None:
    assert redacted("before sk-abcdefgh after") == "before sk-… after"
    assert redacted("https://u:p@host/x?token=abc&y=2") == "https://…@host/x?token=…&y=2"


@given(st.text())
def test_redaction_of_any_text_ends(text: str) -> None:
    assert isinstance(redacted(text * 50), str)


@pytest.mark.parametrize(
    "text", ["sk-abcdefgh", "x sk-proj-abcdefgh", "https://h/?t=ek_abcdefgh", "Bearer ek_abcdefgh"]
)
def test_keys_are_known_by_their_look(text: str) -> None:
    assert looks_like_a_key(text)


@pytest.mark.parametrize("text", ["", "task-oriented", "https://desk-lamps.example", "marin", "sk-", "week_endings"])
def test_other_text_is_no_key(text: str) -> None:
    assert not looks_like_a_key(text)
