import json
from typing import Any

import pytest

from app.tools.tool import ToolResult
from app.tools.web_page import WEB_PAGE
from tests.support.desk import FakeDesk


async def asked_for(address: str, desk: FakeDesk) -> ToolResult:
    return await WEB_PAGE.run({"address": address}, desk)


def told(result: ToolResult) -> Any:
    return json.loads(result.output)


async def test_a_page_opens_after_the_person_agreed() -> None:
    desk = FakeDesk()

    result = await asked_for("https://example.com/weather", desk)

    question = "Open a page of example.com? https://example.com/weather"
    assert desk.questions == [(question, "Open", "Do not open")]
    assert desk.pages == ["https://example.com/weather"]
    assert told(result) == {"opened": True, "address": "https://example.com/weather"}
    assert result.card == "Web page example.com · opened in the browser"


async def test_a_page_the_person_declines_stays_closed() -> None:
    desk = FakeDesk(agrees=False)

    result = await asked_for("https://example.com/", desk)

    assert desk.pages == []
    assert told(result) == {"opened": False, "why": "The person declined."}
    assert result.card == "Web page example.com · not opened, as you wished"


async def test_an_international_name_is_asked_about_in_both_forms() -> None:
    desk = FakeDesk()

    await asked_for("https://\u0430pple.com/", desk)

    assert desk.questions[0][0].startswith("Open a page of \u0430pple.com (in plain letters xn--pple-43d.com)?")
    assert desk.pages == ["https://xn--pple-43d.com/"]


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:631/", "http://localhost/", "http://192.168.1.1/", "http://nas/"]
)
async def test_ones_own_network_needs_a_warning(address: str) -> None:
    desk = FakeDesk()

    await asked_for(address, desk)

    ((question, yes, _),) = desk.questions
    assert "your own computer or network" in question
    assert yes == "Open anyway"
    assert desk.pages == [address]


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "javascript:alert(1)", "data:,x", "https://me:word@x.example/"]
)
async def test_the_person_is_not_even_asked(address: str) -> None:
    desk = FakeDesk()

    result = await asked_for(address, desk)

    assert (desk.questions, desk.pages) == ([], [])
    assert told(result)["error"].startswith("This address is not opened: it ")
    assert result.card.startswith("Web page · not opened, it ")


async def test_a_long_address_does_not_push_the_host_out_of_sight() -> None:
    desk = FakeDesk()

    await asked_for("https://example.com/" + "a" * 1900, desk)

    assert desk.questions[0][0].startswith("Open a page of example.com? https://example.com/aaa")
    assert len(desk.questions[0][0]) < 200
    assert len(desk.pages[0]) > 1900
