import errno
import socket
import ssl

import httpx
import pytest

from app.tokens.network import why


def certificate_error(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError("planted")
    error.verify_code = code
    return error


def wrapped(*inner: Exception) -> httpx.ConnectError:
    """As httpx, httpcore and anyio wrap what the system said, for one address and for several."""
    cause = inner[0] if len(inner) == 1 else ExceptionGroup("multiple connection attempts failed", inner)
    middle = OSError("All connection attempts failed")
    middle.__cause__ = cause
    outer = httpx.ConnectError("planted")
    outer.__context__ = middle
    return outer


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (socket.gaierror(socket.EAI_NONAME, "planted"), "its name was not found"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "planted"), "it refuses connections"),
        (OSError(errno.ENETUNREACH, "planted"), "the network is not reachable"),
        (certificate_error(10), "its certificate has expired"),
        (certificate_error(18), "its certificate is not trusted"),
        (certificate_error(62), "its certificate belongs to another name"),
        (certificate_error(99), "its certificate is not valid"),
        (ssl.SSLError("planted"), "no secure connection could be made"),
        (OSError("planted"), "the connection failed"),
    ],
)
def test_the_system_s_own_error_says_most(error: Exception, told: str) -> None:
    assert why(wrapped(error)) == told
    assert why(wrapped(error, error)) == told


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (httpx.ConnectTimeout("planted"), "there is no connection in time"),
        (httpx.ProxyError("planted"), "the network's proxy refused the connection"),
        (httpx.RemoteProtocolError("planted"), "it broke the connection"),
        (httpx.ReadError("planted"), "it broke the connection"),
        (httpx.UnsupportedProtocol("planted"), "the connection failed"),
    ],
)
def test_without_one_the_library_s_kind_is_told(error: Exception, told: str) -> None:
    assert why(error) == told
