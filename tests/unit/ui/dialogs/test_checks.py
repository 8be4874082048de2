import pytest

from app.conversation.profiles import IceServer
from app.ui.dialogs.checks import (
    ice_trouble,
    key_trouble,
    model_trouble,
    path_trouble,
    required_key_trouble,
    url_trouble,
)


@pytest.mark.parametrize(
    "url", ["https://example.org/token", " https://a.b:8443/x?y=z ", "http://127.0.0.1:9000", "http://localhost/t"]
)
def test_right_addresses(url: str) -> None:
    assert url_trouble(url) == ""


@pytest.mark.parametrize(
    "url",
    ["", "example.org", "ftp://example.org", "https://", "http://example.org", "https://me:secret@example.org",
     "https://[", "https://a:b"],
)  # fmt: skip
def test_wrong_addresses(url: str) -> None:
    assert url_trouble(url)


def test_keys() -> None:
    assert key_trouble("") == ""
    assert key_trouble(" sk-abc \n") == ""
    assert key_trouble("sk-abc def")
    assert key_trouble("sk-äöü")
    assert required_key_trouble(" ")
    assert required_key_trouble("sk-abc") == ""


@pytest.mark.parametrize("path", ["", " ", "/realtime/calls", "/realtime?model={model}"])
def test_right_paths(path: str) -> None:
    assert path_trouble(path) == ""


@pytest.mark.parametrize("path", ["realtime", "https://example.org/", "/real time"])
def test_wrong_paths(path: str) -> None:
    assert path_trouble(path)


@pytest.mark.parametrize(
    "server", [IceServer("stun:stun.example.org:3478"), IceServer("turns:turn.example.org", "user", "pass word")]
)
def test_right_ice_servers(server: IceServer) -> None:
    assert ice_trouble(server) == ""


@pytest.mark.parametrize(
    "server",
    [IceServer("example.org"), IceServer("stun:a b"), IceServer("turn:example.org"), IceServer("turn:a", "user")],
)
def test_wrong_ice_servers(server: IceServer) -> None:
    assert ice_trouble(server)


def test_names_of_models() -> None:
    assert model_trouble("gpt-realtime-2.1") == ""
    assert model_trouble("org/model:tag@1") == ""
    assert model_trouble("")
    assert model_trouble("my model")


def test_an_address_is_shown_as_an_example() -> None:
    assert "https://mine.example" in url_trouble("", "https://mine.example")
