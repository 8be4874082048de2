"""What is asked of the OS keyring. Loaded on the thread that asks, and only when something is asked: 40 modules."""

import logging
from collections.abc import Callable
from typing import Final, TypeVar

import keyring
from keyring.errors import KeyringLocked as LockedError
from keyring.errors import NoKeyringError

from app.conversation.admission import Secret
from app.conversation.troubles import KeyringLocked, KeyringMissing, KeyringSilent, StorageTrouble

SERVICE: Final = "Parlance"

_log = logging.getLogger("parlance.vault")
T = TypeVar("T")


def read(slot: str) -> Secret | None:
    """The secret, if there is one; raises StorageTrouble. Blocks, as all here."""
    return _asked(lambda: _read(slot))


def write(slot: str, secret: Secret) -> bool:
    """Whether it is really there afterwards: there are backends that swallow everything. Raises StorageTrouble."""

    def ask() -> bool:
        keyring.set_password(SERVICE, slot, secret.reveal())
        return _read(slot) == secret

    return _asked(ask)


def forget(slot: str) -> None:
    """Have it no more; raises StorageTrouble."""

    def ask() -> None:
        if keyring.get_password(SERVICE, slot) is not None:
            keyring.delete_password(SERVICE, slot)

    _asked(ask)


def _read(slot: str) -> Secret | None:
    value = keyring.get_password(SERVICE, slot)
    return Secret(value) if value else None


def _asked(ask: Callable[[], T]) -> T:
    """Only our own troubles leave here, without their cause: a backend's error could carry what it was given."""
    trouble: StorageTrouble
    try:
        return ask()
    except NoKeyringError:
        trouble = KeyringMissing()
    except LockedError:
        trouble = KeyringLocked()
    except Exception as error:  # noqa: BLE001 - backends are plug-ins and raise what they like
        _log.warning("x keyring: %s", type(error).__name__)
        trouble = KeyringSilent()
    raise trouble
