import pytest

from app.tokens.addresses import AddressUnusable, checked, endpoint, is_call_id, socket_address


@pytest.mark.parametrize(
    "address",
    [
        "https://broker.example/token",
        "https://broker.example:8443/token?team=a",
        "http://127.0.0.1:8000/token",
        "http://127.3.2.1/",
        "http://[::1]:8000/token",
        "http://localhost:8000/token",
    ],
)
def test_usable_addresses_stay_as_they_are(address: str) -> None:
    assert str(checked(address)) == address


def test_blanks_and_fragment_are_dropped() -> None:
    assert str(checked("  https://broker.example/token#part ")) == "https://broker.example/token"


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("", "none is set"),
        ("   ", "none is set"),
        ("broker.example/token", "not a web address"),
        ("https://", "not a web address"),
        ("https://broker.example:port/", "not a web address"),
        ("https://[::1/", "not a web address"),
        ("https://bro\nker.example/", "not a web address"),
        ("ftp://broker.example/token", "https://"),
        ("file:///etc/passwd", "not a web address"),
        ("http://broker.example/token", "another machine"),
        ("http://127.0.0.1.broker.example/", "another machine"),
        ("http://localhost.broker.example/", "another machine"),
        ("http://0.0.0.0/", "another machine"),
        ("https://user:pass@broker.example/", "credential field"),
        ("https://user@broker.example/", "credential field"),
        ("http://127.0.0.1@broker.example/", "credential field"),
    ],
)
def test_unusable_addresses_say_why(address: str, why: str) -> None:
    with pytest.raises(AddressUnusable, match=why):
        checked(address)


def test_no_address_is_quoted() -> None:
    with pytest.raises(AddressUnusable) as caught:
        checked("http://user:hunter2@broker.example/token?key=hunter2")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("base", ["https://server.example/v1", "https://server.example/v1/"])
@pytest.mark.parametrize("path", ["/realtime/calls", "realtime/calls"])
def test_an_endpoint_has_one_slash_between_base_and_path(base: str, path: str) -> None:
    assert str(endpoint(base, path)) == "https://server.example/v1/realtime/calls"


def test_a_path_may_bring_its_query() -> None:
    assert str(endpoint("https://s.example", "/calls?webrtcfilter=on")) == "https://s.example/calls?webrtcfilter=on"


@pytest.mark.parametrize("path", [".elsewhere.example/x", "@elsewhere.example/x", "//elsewhere.example/x"])
def test_a_path_cannot_change_the_host(path: str) -> None:
    assert endpoint("https://server.example", path).host == "server.example"


def test_a_base_with_a_query_is_refused() -> None:
    with pytest.raises(AddressUnusable, match="question mark"):
        endpoint("https://server.example/v1?key=x", "/calls")


@pytest.mark.parametrize("call_id", ["", "..", "a/b", "a?b", "a b", "x" * 129])
def test_a_call_id_that_needs_quoting_is_none(call_id: str) -> None:
    assert not is_call_id(call_id)


def test_a_socket_is_as_safe_as_its_base() -> None:
    assert socket_address("https://s.example/v1", "/realtime?model=a") == "wss://s.example/v1/realtime?model=a"
    assert socket_address("http://127.0.0.1:8000/v1/", "realtime") == "ws://127.0.0.1:8000/v1/realtime"
    with pytest.raises(AddressUnusable):
        socket_address("http://s.example/v1", "/realtime")
