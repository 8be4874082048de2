import pytest

from app.conversation.profiles import IceServer
from app.ui.dialogs.checks import ice_lines_of, ice_servers_of, key_trouble, required_key_trouble, url_trouble


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


def test_ice_servers_there_and_back() -> None:
    lines = "stun:stun.example.org:3478\nturn:turn.example.org:3478 user password"
    servers, wrong = ice_servers_of(lines)
    assert wrong == ""
    assert servers == (
        IceServer("stun:stun.example.org:3478"),
        IceServer("turn:turn.example.org:3478", "user", "password"),
    )
    assert ice_lines_of(servers) == lines


@pytest.mark.parametrize("line", ["example.org", "turn:example.org", "stun:a b", "turn:a b c d"])
def test_wrong_ice_servers(line: str) -> None:
    assert ice_servers_of(line) == ((), ice_servers_of(line)[1])
    assert ice_servers_of(line)[1]
