"""Which way of signing in a credential belongs to."""

from dataclasses import dataclass, field

import pytest

from app.servers.broker.people.entrance import Door
from app.servers.broker.people.person import Person, Unwelcome


@dataclass
class Asked:
    """Admits everybody, and remembers what was shown."""

    name: str
    shown: list[str] = field(default_factory=list)

    async def admit(self, credential: str) -> Person | Unwelcome:
        self.shown.append(credential)
        return Person(self.name, "default")


@pytest.mark.parametrize(
    ("header", "who"), [("Bearer plb_x", "static"), ("bearer  a.b.c ", "openid"), ("BEARER other", "openid")]
)
async def test_the_credential_says_who_is_asked(header: str, who: str) -> None:
    found = await Door(Asked("static"), Asked("openid")).admit(header)
    assert found == Person(who, "default")


async def test_without_a_provider_everything_is_a_static_token() -> None:
    static = Asked("static")
    await Door(static, None).admit("Bearer a.b.c")
    assert static.shown == ["a.b.c"]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic plb_x", "plb_x", "Bearerplb_x"])
async def test_headers_without_a_credential(header: str) -> None:
    assert await Door(Asked("static"), Asked("openid")).admit(header) is Unwelcome.NO_CREDENTIAL
