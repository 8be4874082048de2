"""Reading what clients send: bounded in length and in time."""

import asyncio
import re
from collections.abc import AsyncGenerator
from typing import Final

from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from app.servers.broker.web.refusal import Refusal

SDP: Final = "application/sdp"
JSON: Final = "application/json"
FORM: Final = "multipart/form-data"


def kind_of(request: Request) -> str:
    """The media type of the body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def body_of(request: Request, most: int, within_s: float) -> bytes:
    """The body; raises Refusal."""
    too_long = Refusal(413, "body_too_long", f"The body is longer than {most} bytes.")
    length = request.headers.get("content-length", "0")
    if not re.fullmatch(r"\d{1,18}", length) or int(length) > most:
        raise too_long
    body = bytearray()
    try:
        async with asyncio.timeout(within_s):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise too_long
    except TimeoutError:
        raise Refusal(408, "body_too_slow", "The body did not arrive in time.") from None
    except ClientDisconnect:
        raise Refusal(400, "body_incomplete", "The body did not arrive.") from None
    return bytes(body)


async def form_of(request: Request, body: bytes) -> dict[str, bytes]:
    """The parts of a multipart form by name; raises Refusal."""

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    try:
        parser = MultiPartParser(request.headers, stream(), max_files=2, max_fields=2, max_part_size=len(body) + 1)
        form = await parser.parse()
        return {
            name: part.encode() if isinstance(part, str) else await part.read() for name, part in form.multi_items()
        }
    except (MultiPartException, UnicodeError, KeyError):
        raise Refusal(400, "invalid_form", "The form could not be read.") from None


def checked_offer(body: bytes) -> bytes:
    """An SDP offer (RFC 8866 section 5: it begins with its version); raises Refusal."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = ""
    if not text.startswith("v=0") or "\0" in text:
        raise Refusal(400, "invalid_offer", "The body is no SDP offer.")
    return body
