"""One answer that every client in the field can read (PROTOCOL 1.8), with nothing in it that an upstream made up."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from app.servers.broker.upstream.answers import Minted

BARE_SECRET_PATHS: Final = ("/realtime-token", "/api/realtime-token")
"""Guide 000's client wants ``client_secret`` to be the text itself."""


def minted_answer(
    minted: Minted, session: Mapping[str, object], model: str, session_id: str, path: str
) -> dict[str, object]:
    """The superset of all shapes; ``session`` is what was asked for, not what came back."""
    named = session_id or minted.session_id
    bare = path in BARE_SECRET_PATHS
    return {
        "value": minted.value,
        "expires_at": minted.expires_at_s,
        "session": {"id": minted.session_id, "object": "realtime.session", **session},
        "client_secret": minted.value if bare else {"value": minted.value, "expires_at": minted.expires_at_s},
        "ephemeralKey": minted.value,
        "expiresAt": datetime.fromtimestamp(minted.expires_at_s, UTC).isoformat().replace("+00:00", "Z"),
        "sessionId": named,
        "session_id": minted.session_id,
        "model": model,
    }
