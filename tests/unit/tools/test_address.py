from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.tools.address import AddressRefused, web_address


@pytest.mark.parametrize(
    ("text", "url", "host"),
    [
        ("https://example.com", "https://example.com/", "example.com"),
        (" HTTP://Example.COM:80/a b?q=ä#ö ", "http://example.com/a%20b?q=%C3%A4#%C3%B6", "example.com"),
        ("https://example.com:8443/%20?a=b&c=%25", "https://example.com:8443/%20?a=b&c=%25", "example.com:8443"),
        ("https://example.com?q", "https://example.com/?q", "example.com"),
        ("https://example.com//other.example/a", "https://example.com//other.example/a", "example.com"),
        ("https://example.com////a", "https://example.com////a", "example.com"),
        ("https://example.com./", "https://example.com/", "example.com"),
        ("https://r3---sn-x_y.example.com/", "https://r3---sn-x_y.example.com/", "r3---sn-x_y.example.com"),
        ("https://8.8.8.8/", "https://8.8.8.8/", "8.8.8.8"),
        ("https://[2606:4700:0::1111]:8/", "https://[2606:4700::1111]:8/", "[2606:4700::1111]:8"),
    ],
)
def test_addresses_are_put_together_anew(text: str, url: str, host: str) -> None:
    address = web_address(text)

    assert (address.url, address.host, address.is_local) == (url, host, False)


@pytest.mark.parametrize(
    ("text", "host", "spoken"),
    [
        ("https://bücher.example:81/", "xn--bcher-kva.example:81", "bücher.example:81"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", "bücher.example"),
        ("https://faß.example/", "xn--fa-hia.example", "faß.example"),
        ("https://ｅxample．com/", "example.com", "example.com"),
        ("https://\u0430pple.com/", "xn--pple-43d.com", "\u0430pple.com"),  # begins with a Cyrillic letter
    ],
)
def test_international_names_have_two_forms(text: str, host: str, spoken: str) -> None:
    address = web_address(text)

    assert (address.host, address.spoken_host) == (host, spoken)
    assert address.url == f"https://{host}/"


@pytest.mark.parametrize(
    "host",
    [
        *(
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "router",
            "printer.local",
            "nas.lan",
            "box.home.arpa",
            "x.internal",
        ),
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "224.0.0.1", "255.255.255.255", "１２７.0.0.1", "127。0。0。1"),
        *(
            "[::1]",
            "[::]",
            "[fe80::1]",
            "[fc00::1]",
            "[fec0::1]",
            "[ff02::1]",
            "[::ffff:127.0.0.1]",
            "[64:ff9b::7f00:1]",
        ),
    ],
)
def test_what_leads_to_this_machine_or_its_network(host: str) -> None:
    assert web_address(f"http://{host}:8000/").is_local


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it must begin with https:// or http://"),
        ("example.com", "it must begin with https:// or http://"),
        ("//example.com", "it must begin with https:// or http://"),
        ("file:///etc/passwd", "it must begin with https:// or http://"),
        ("javascript:alert(1)", "it must begin with https:// or http://"),
        ("data:text/html,hello", "it must begin with https:// or http://"),
        ("view-source:https://example.com", "it must begin with https:// or http://"),
        ("java\tscript:alert(1)", "it holds characters that do not belong into an address"),
        ("https://example.com\\@other.example/", "it holds characters that do not belong into an address"),
        ("https://exam\nple.com/", "it holds characters that do not belong into an address"),
        ("https://example.com/\ud800", "it holds characters that do not belong into an address"),
        ("https://user:word@example.com/", "it holds a user name or password"),
        ("https://example.com:443@other.example/", "it holds a user name or password"),
        ("https://@example.com/", "it holds a user name or password"),
        ("https:example.com", "it names no host"),
        ("https:/example.com", "it names no host"),
        ("https:///example.com", "it names no host"),
        ("https://:80/", "it names no host"),
        ("https://example.com:99999/", "it is not a web address"),
        ("https://example.com:x/", "it is not a web address"),
        ("https://[::1/", "it is not a web address"),
        ("https://exam ple.com/", "its host name is not valid"),
        ("https://ex%61mple.com/", "its host name is not valid"),
        ("https://a..b/", "its host name is not valid"),
        ("https://-a.example/", "its host name is not valid"),
        ("https://xn--\ud800.example/", "its host name is not valid"),
        ("https://xn--a.example/", "its host name is not valid"),
        (f"https://{'a' * 64}.example/", "its host name is not valid"),
        (f"https://{'a.' * 127}example/", "its host name is not valid"),
        ("https://127.1/", "its number is not written as an address usually is"),
        ("https://0x7f.1/", "its number is not written as an address usually is"),
        ("https://0x7f000001/", "its number is not written as an address usually is"),
        ("https://2130706433/", "its number is not written as an address usually is"),
        ("https://0177.0.0.1/", "its number is not written as an address usually is"),
        ("https://[fe80::1%25eth0]/", "it names a network interface"),
    ],
)
def test_what_is_refused(text: str, why: str) -> None:
    with pytest.raises(AddressRefused) as refusal:
        web_address(text)

    assert str(refusal.value) == why


@given(
    st.text(st.characters())
    | st.from_regex(r"https?://[a-zA-Z0-9.:@\[\]\\%ßä_-]{0,20}[/?#]?[^\0]{0,10}", fullmatch=True)
)
@example("https://[::1]x/")
def test_any_text_is_refused_or_reads_the_same_again(text: str) -> None:
    try:
        address = web_address(text)
    except AddressRefused:
        return
    assert web_address(address.url) == address
    assert address.url.isascii()
    assert urlsplit(address.url).netloc == address.host
