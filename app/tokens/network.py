"""Why a request got no answer, in words for a person. The library's own errors stay in this module: they carry the
request with its Authorization header, so nothing of them may be chained to what goes further up.
"""

import errno
import socket
import ssl
from collections.abc import Iterator

import httpx

_CERTIFICATE_WHYS = {
    10: "its certificate has expired",
    18: "its certificate is not trusted",
    19: "its certificate is not trusted",
    20: "its certificate is not trusted",
    62: "its certificate belongs to another name",
    64: "its certificate belongs to another address",
}
"""OpenSSL's X509_V_ERR_* numbers."""
_NOT_VALID = "its certificate is not valid"
CERTIFICATE_WHYS = frozenset((*_CERTIFICATE_WHYS.values(), _NOT_VALID))
"""The reasons that are about who answers, and not about whether somebody does."""
_ERRNO_WHYS = {
    errno.ECONNREFUSED: "it refuses connections",
    errno.ECONNRESET: "it broke the connection",
    errno.EPIPE: "it broke the connection",
    errno.ENETUNREACH: "the network is not reachable",
    errno.EHOSTUNREACH: "there is no way to that machine",
    errno.ETIMEDOUT: "there is no connection in time",
}


class NetworkFault(Exception):
    """What is chained to a trouble instead of the library's error: its kind, and nothing that it carried."""


def why(error: BaseException) -> str:
    """The most telling reason in the chain of causes; it never quotes an error's text."""
    for cause in _causes(error):
        if found := _why_of_one(cause):
            return found
    return "the connection failed"


def _why_of_one(error: BaseException) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return _CERTIFICATE_WHYS.get(error.verify_code, _NOT_VALID)
        case ssl.SSLError():
            return "no secure connection could be made"
        case socket.gaierror():
            return "its name was not found"
        case OSError(errno=int() as number) if number in _ERRNO_WHYS:
            return _ERRNO_WHYS[number]
        case httpx.ProxyError():
            return "the network's proxy refused the connection"
        case httpx.ConnectTimeout():
            return "there is no connection in time"
        case httpx.ReadError() | httpx.WriteError() | httpx.RemoteProtocolError():
            return "it broke the connection"
        case _:
            return ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The innermost first: operating system errors say more than the library's wrapping."""
    inner = error.__cause__ or error.__context__
    if inner is not None:
        yield from _causes(inner)
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield from _causes(member)
    yield error
