import httpx
import pytest

from app.conversation.admission import Secret
from app.conversation.profiles import AuthStyle
from app.tokens.posting import Letter, Shown

SECRET = "planted-0123456789"


def sent(shown: Shown) -> httpx.Headers:
    [request] = list(shown.auth_flow(httpx.Request("POST", "https://broker.example/")))
    return request.headers


@pytest.mark.parametrize(
    ("style", "name", "value"),
    [(AuthStyle.BEARER, "authorization", f"Bearer {SECRET}"), (AuthStyle.API_KEY, "api-key", SECRET)],
)
def test_a_secret_is_shown_in_its_style(style: AuthStyle, name: str, value: str) -> None:
    assert sent(Shown(Secret(f" {SECRET}\n"), style))[name] == value


@pytest.mark.parametrize("shown", [Shown(None), Shown(Secret("")), Shown(Secret(SECRET), AuthStyle.NONE)])
def test_without_a_secret_or_a_style_nothing_is_shown(shown: Shown) -> None:
    assert shown.sendable
    assert not {"authorization", "api-key"} & set(sent(shown))


@pytest.mark.parametrize("secret", ["two words", "a\nb", "ä", "\x7f"])
def test_what_no_header_can_carry_is_known_before(secret: str) -> None:
    assert not Shown(Secret(secret)).sendable


def test_a_letter_prints_nothing_it_carries() -> None:
    url = httpx.URL(f"https://broker.example/?token={SECRET}")
    assert SECRET not in repr(Letter(url, Shown(Secret(SECRET)), "application/sdp", SECRET, 1.0, 1))
