"""The broker's own description (OpenAPI 3.1), which tests hold it to."""

from typing import Any, Final

MINT_PATHS: Final = (
    "/v1/realtime/client_secrets",
    "/v1/realtime/sessions",
    "/api/realtime/token",
    "/api/client-secret",
    "/api/realtime-token",
    "/realtime-token",
)
"""The current path first, then those of older guides (PROTOCOL 1.7)."""

Json = dict[str, Any]

_TEXT: Final[Json] = {"type": "string"}
_TIME: Final[Json] = {"type": "string", "format": "date-time"}
_REFUSALS: Final = {
    400: "The request is not understood; the message names the field.",
    401: "Nobody is signed in.",
    403: "The policy forbids it.",
    408: "The body came too slowly.",
    413: "The body is too long.",
    415: "The body is of a kind that is not read.",
    429: "Too much or too often; retryAfter says how long to wait.",
    502: "The voice service refused.",
    503: "The voice service or the store of limits is not there.",
    504: "The voice service did not answer in time.",
}


def document() -> Json:
    """The whole description."""
    minting = {"post": _mint()}
    paths: Json = dict.fromkeys(MINT_PATHS, minting)
    connecting = _connect(("application/sdp", "multipart/form-data"))
    paths["/v1/realtime/calls"] = {"post": connecting}
    paths["/api/session"] = {"get": _mint(body=False), "post": _either()}
    paths["/session"] = {"post": _either()}
    paths["/v1/realtime/calls/{call_id}/hangup"] = {"parameters": [_call_id()], "post": _hang_up()}
    paths["/v1/realtime/calls/{call_id}"] = {"parameters": [_call_id()], "delete": _hang_up()}
    paths["/api/health"] = {"get": _plain("Live and ready.", {200: _ref("Health")})}
    paths["/api/health/live"] = {"get": _plain("Whether the process lives.", {200: _ref("Live")})}
    ready = _plain("Whether it can do its work.", {200: _ref("Health"), 503: _ref("Health")})
    paths["/api/health/ready"] = {"get": ready}
    paths["/metrics"] = {"get": _metrics()}
    paths["/openapi.json"] = {"get": _plain("This document.", {200: {"type": "object"}})}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Parlance token broker", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": {
                "Refusal": _refusal(),
                "Minted": _minted(),
                "Health": _health(),
                "Live": _live(),
                "Wish": _wish(),
            },
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _mint(*, body: bool = True) -> Json:
    operation = {
        "summary": "A secret to connect with.",
        "security": [{"token": []}],
        "responses": {"200": _answer("The secret.", _ref("Minted")), **_refusals()},
    }
    if body:
        operation["requestBody"] = {"content": {"application/json": {"schema": _ref("Wish")}}}
    return operation


def _connect(kinds: tuple[str, ...]) -> Json:
    form = {
        "type": "object",
        "required": ["sdp"],
        "properties": {"sdp": _TEXT, "session": {"type": "object"}},
        "additionalProperties": False,
    }
    schemas = {"application/sdp": _TEXT, "multipart/form-data": form}
    return {
        "summary": "A call: the offer goes up with the key of the broker, the answer comes back.",
        "security": [{"token": []}],
        "parameters": [{"name": "model", "in": "query", "schema": _TEXT}],
        "requestBody": {"required": True, "content": {kind: {"schema": schemas[kind]} for kind in kinds}},
        "responses": {"201": _answered(), **_refusals()},
    }


def _either() -> Json:
    operation = _connect(("application/sdp", "multipart/form-data"))
    operation["summary"] = "A secret for a JSON body, a call for an SDP offer."
    operation["requestBody"]["required"] = False
    operation["requestBody"]["content"]["application/json"] = {"schema": _ref("Wish")}
    operation["responses"]["200"] = _answer("The secret.", _ref("Minted"))
    return operation


def _hang_up() -> Json:
    gone = {"404": _answer("No call of yours.", _ref("Refusal"))}
    return {
        "summary": "The end of a call.",
        "security": [{"token": []}],
        "responses": {"200": {"description": "It is over."}, **gone, **_refusals()},
    }


def _metrics() -> Json:
    page = {"description": "Prometheus' text form.", "content": {"text/plain": {"schema": _TEXT}}}
    return {"summary": "Figures.", "responses": {"200": page, "403": _answer("Not for you.", _ref("Refusal"))}}


def _plain(summary: str, answers: dict[int, Json]) -> Json:
    return {"summary": summary, "responses": {str(status): _answer(summary, each) for status, each in answers.items()}}


def _refusals() -> Json:
    return {str(status): _answer(words, _ref("Refusal")) for status, words in _REFUSALS.items()}


def _answer(words: str, schema: Json) -> Json:
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _answered() -> Json:
    place = {"description": "Where to hang up.", "schema": _TEXT}
    content = {"application/sdp": {"schema": _TEXT}}
    return {"description": "The SDP answer.", "headers": {"Location": place}, "content": content}


def _call_id() -> Json:
    return {"name": "call_id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(required: tuple[str, ...], **properties: Json) -> Json:
    return {"type": "object", "required": list(required), "properties": properties}


def _refusal() -> Json:
    return _object(
        ("error", "message", "code", "requestId", "retryAfter"),
        error=_TEXT,
        message=_TEXT,
        code=_TEXT,
        requestId=_TEXT,
        retryAfter={"type": ["integer", "null"], "description": "Milliseconds."},
    )


def _minted() -> Json:
    seconds = {"type": "integer", "description": "Epoch seconds."}
    secret = {"oneOf": [_TEXT, _object(("value", "expires_at"), value=_TEXT, expires_at=seconds)]}
    return _object(
        ("value", "expires_at", "session", "client_secret", "ephemeralKey", "expiresAt", "sessionId", "model"),
        value=_TEXT,
        expires_at=seconds,
        session={"type": "object"},
        client_secret=secret,
        ephemeralKey=_TEXT,
        expiresAt=_TIME,
        sessionId=_TEXT,
        session_id=_TEXT,
        model=_TEXT,
    )


def _health() -> Json:
    return _object(
        ("status", "timestamp", "live", "ready", "checks"),
        status={"enum": ["ok", "degraded"]},
        timestamp=_TIME,
        live={"type": "boolean"},
        ready={"type": "boolean"},
        checks={"type": "object", "additionalProperties": {"enum": ["ok", "failing"]}},
    )


def _live() -> Json:
    return _object(("status",), status={"const": "ok"})


def _wish() -> Json:
    seconds = {"type": "integer", "minimum": 10, "maximum": 7200}
    anchor = {"const": "created_at"}
    return {
        "type": "object",
        "description": "GA's shape, guide 004's, or a flat session in beta spelling. Unknown names are refused.",
        "properties": {
            "expires_after": {
                "type": "object",
                "properties": {"anchor": anchor, "seconds": seconds},
                "additionalProperties": False,
            },
            "session": {"type": "object", "properties": {"type": {"const": "realtime"}, "model": _TEXT}},
            "sessionId": {"type": "string", "maxLength": 128, "pattern": "^[ -~]*$"},
            "capabilities": {"type": "array", "maxItems": 16, "items": _TEXT},
        },
    }
