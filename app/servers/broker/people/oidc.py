"""Signing in with a token of an OpenID provider: signature, issuer, audience and times (RFC 7519, RFC 8725)."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import jwt

from app.servers.broker.config.settings import Oidc
from app.servers.broker.people.key_set import KeySet, KeysUnavailable
from app.servers.broker.people.person import Person, Unwelcome

_LONGEST: Final = 8192
_LONGEST_USER: Final = 255


class OpenId:
    """Admits people whose token the provider signed for this service."""

    def __init__(self, oidc: Oidc, keys: KeySet, policies: Mapping[str, object]) -> None:
        self._oidc = oidc
        self._keys = keys
        self._policies = policies

    async def admit(self, credential: str) -> Person | Unwelcome:
        """Who shows this token."""
        if len(credential) > _LONGEST:
            return Unwelcome.UNREADABLE
        try:
            head = jwt.get_unverified_header(credential)
            key_id = head.get("kid", "")
            # RFC 8725 section 3.1: the token's own word on its algorithm counts only if it is one of ours.
            if head.get("alg") not in self._oidc.algorithms or not isinstance(key_id, str):
                return Unwelcome.UNREADABLE
            key = await self._keys.key(key_id)
            return Unwelcome.BAD_SIGNATURE if key is None else self._person(self._claims(credential, key))
        except KeysUnavailable:
            return Unwelcome.KEYS_UNAVAILABLE
        except jwt.ExpiredSignatureError:
            return Unwelcome.EXPIRED
        except jwt.InvalidSignatureError:
            return Unwelcome.BAD_SIGNATURE
        except (jwt.InvalidTokenError, jwt.InvalidKeyError) as trouble:
            unreadable = isinstance(trouble, jwt.DecodeError | jwt.InvalidKeyError)
            return Unwelcome.UNREADABLE if unreadable else Unwelcome.WRONG_CLAIMS
        except (ValueError, TypeError, RecursionError):  # what the library lets through of broken JSON and base64
            return Unwelcome.UNREADABLE

    def _claims(self, credential: str, key: jwt.PyJWK) -> dict[str, Any]:
        return jwt.decode(
            credential,
            key,
            algorithms=list(self._oidc.algorithms),
            audience=self._oidc.audience,
            issuer=self._oidc.issuer,
            leeway=self._oidc.leeway_s,
            options={"require": ["exp", "iss", "aud", self._oidc.user_claim]},
        )

    def _person(self, claims: Mapping[str, Any]) -> Person | Unwelcome:
        user = claims.get(self._oidc.user_claim)
        if not isinstance(user, str) or not 0 < len(user) <= _LONGEST_USER or not user.isprintable():
            return Unwelcome.WRONG_CLAIMS
        return Person(f"oidc:{user}", self._policy(claims))

    def _policy(self, claims: Mapping[str, Any]) -> str:
        """The first of our policies that the claim names, else the default one."""
        said = claims.get(self._oidc.policy_claim) if self._oidc.policy_claim else None
        named = said if isinstance(said, list) else [said]
        return next((name for name in self._policies if name in named), self._oidc.default_policy)


def jwks_address(oidc: Oidc, get: Callable[[str], Awaitable[bytes]]) -> Callable[[], Awaitable[bytes]]:
    """How the key set is fetched: from its address or, without one, from where the provider's own document says."""

    async def fetch() -> bytes:
        if oidc.jwks_url:
            return await get(oidc.jwks_url)
        try:
            told = json.loads(await get(oidc.issuer.rstrip("/") + "/.well-known/openid-configuration"))
            address = told["jwks_uri"]
            # OpenID Connect Discovery section 4.3: the document must be the issuer's own.
            if told["issuer"] != oidc.issuer or not isinstance(address, str):
                raise KeysUnavailable
        except (ValueError, RecursionError, KeyError, TypeError):
            raise KeysUnavailable from None
        if not address.startswith("https://") and not oidc.issuer.startswith("http://"):
            raise KeysUnavailable
        return await get(address)

    return fetch
