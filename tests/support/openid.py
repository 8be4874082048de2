"""An OpenID provider on loopback: a document, a key set that rotates, and tokens signed with its keys."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.support.http_server import Answer, HttpServer, Line, answer

AUDIENCE = "parlance-broker"


@dataclass
class Provider:
    """Signs with its newest key; publishes those in ``published``."""

    http: HttpServer = field(default_factory=HttpServer)
    published: dict[str, Any] = field(default_factory=dict)
    misbehave: Answer | None = None

    def __post_init__(self) -> None:
        self.http.script = self._answer
        self._keys: dict[str, Any] = {}
        self.new_key("first")

    @property
    def issuer(self) -> str:
        return self.http.url

    def new_key(self, key_id: str, *, elliptic: bool = False) -> None:
        """Make a key and publish it alone: the old ones are withdrawn."""
        key: Any = ec.generate_private_key(ec.SECP256R1()) if elliptic else rsa.generate_private_key(65537, 2048)
        self._keys[key_id] = key
        kind: Any = ECAlgorithm if elliptic else RSAAlgorithm
        self.published = {key_id: kind.to_jwk(key.public_key(), as_dict=True) | {"kid": key_id, "use": "sig"}}
        self.newest = key_id

    def token(self, key_id: str | None = None, algorithm: str = "RS256", **claims: object) -> str:
        """A token; claims given replace the good ones, None takes one out."""
        now = datetime.now(UTC)
        good: dict[str, object] = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": "user-1",
            "iat": now,
            "exp": now + timedelta(minutes=5),
        }
        said = {name: value for name, value in {**good, **claims}.items() if value is not None}
        key_id = key_id or self.newest
        return jwt.encode(said, self._keys[key_id], algorithm, headers={"kid": key_id})

    def fetches(self) -> int:
        """How often the key set was fetched."""
        return sum(each.path == "/keys" for each in self.http.received)

    def _answer(self, line: Line) -> None:
        assert line.asked is not None
        if self.misbehave is not None:
            self.misbehave(line)
        elif line.asked.path == "/.well-known/openid-configuration":
            answer(200, json.dumps({"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"}))(line)
        elif line.asked.path == "/keys":
            unknown = {"kty": "LATER", "kid": "later"}
            answer(200, json.dumps({"keys": [unknown, *self.published.values()]}))(line)
        else:
            answer(404)(line)


@contextmanager
def provider() -> Iterator[Provider]:
    """A running provider."""
    made = Provider()
    with made.http:
        yield made
