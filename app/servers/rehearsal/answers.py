"""What a refused HTTP request is answered with."""

from starlette.responses import JSONResponse

from app.servers.rehearsal.engine.refusal import Reason


def envelope(reason: Reason, status: int) -> JSONResponse:
    """The protocol's error object (PROTOCOL 1.2)."""
    error = {"message": reason.message, "type": reason.kind, "param": reason.param, "code": reason.code}
    return JSONResponse({"error": error}, status)
