import asyncio
import logging
import threading
from collections.abc import Callable, Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.backends.null import Keyring as NullKeyring
from keyring.errors import InitError, PasswordDeleteError
from keyring.errors import KeyringLocked as LockedError

from app.conversation.admission import Secret
from app.conversation.troubles import KeyringLocked, KeyringMissing, KeyringSilent
from app.vault.credentials import KeyringCredentials
from app.vault.ring import SERVICE

SLOT = "profile:work"
SECRET = Secret("planted-0123456789")


class Ring(KeyringBackend):
    """A keyring in memory; ``before`` runs ahead of each call, on the calling thread."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.before: Callable[[], object] = lambda: None
        self.calls = 0

    def _call(self) -> None:
        self.calls += 1
        self.before()

    def get_password(self, service: str, username: str) -> str | None:
        self._call()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._call()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._call()
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


@pytest.fixture
def use() -> Iterator[Callable[[KeyringBackend], None]]:
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


@pytest.fixture
def ring(use: Callable[[KeyringBackend], None]) -> Ring:
    made = Ring()
    use(made)
    return made


async def test_what_is_written_is_there_for_the_next_run(ring: Ring) -> None:
    assert await KeyringCredentials().write(SLOT, SECRET) is None
    assert ring.kept == {(SERVICE, SLOT): SECRET.reveal()}
    assert await KeyringCredentials().read(SLOT) == SECRET


async def test_what_was_never_written_is_none(ring: Ring) -> None:
    assert await KeyringCredentials().read(SLOT) is None


async def test_forgetting_removes_it_everywhere(ring: Ring) -> None:
    credentials = KeyringCredentials()
    await credentials.write(SLOT, SECRET)
    await credentials.forget(SLOT)
    await credentials.forget(SLOT)
    assert not ring.kept
    assert await credentials.read(SLOT) is None


async def test_a_stand_in_answers_instead_of_the_keyring(ring: Ring) -> None:
    credentials = KeyringCredentials(Secret("stands in"))
    assert await credentials.read(SLOT) == Secret("stands in")
    assert ring.calls == 0
    await credentials.write(SLOT, SECRET)
    assert await credentials.read(SLOT) == SECRET


async def test_without_a_keyring_it_is_kept_for_this_run(use: Callable[[KeyringBackend], None]) -> None:
    use(NoKeyring())  # type: ignore[no-untyped-call]
    credentials = KeyringCredentials()
    with pytest.raises(KeyringMissing):
        await credentials.read(SLOT)
    assert isinstance(await credentials.write(SLOT, SECRET), KeyringMissing)
    assert await credentials.read(SLOT) == SECRET
    await credentials.forget(SLOT)
    with pytest.raises(KeyringMissing):
        await credentials.read(SLOT)


async def test_a_keyring_that_swallows_everything_counts_as_missing(use: Callable[[KeyringBackend], None]) -> None:
    use(NullKeyring())  # type: ignore[no-untyped-call]
    credentials = KeyringCredentials()
    assert isinstance(await credentials.write(SLOT, SECRET), KeyringMissing)
    assert await credentials.read(SLOT) == SECRET


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (LockedError("planted-0123456789"), KeyringLocked),
        (InitError("planted-0123456789"), KeyringSilent),
        (OSError("planted-0123456789"), KeyringSilent),
        (KeyError("planted-0123456789"), KeyringSilent),
    ],
)
async def test_errors_of_the_keyring_become_troubles_that_quote_nothing(
    ring: Ring, error: Exception, kind: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def fail() -> None:
        raise error

    ring.before = fail
    credentials = KeyringCredentials()
    with pytest.raises(kind) as caught:
        await credentials.read(SLOT)
    trouble = await credentials.write(SLOT, SECRET)
    assert type(trouble) is kind
    assert await credentials.read(SLOT) == SECRET
    with pytest.raises(kind):
        await credentials.forget(SLOT)
    assert caught.value.__cause__ is None
    assert SECRET.reveal() not in f"{caplog.text} {caught.value!r} {caught.value} {trouble}"


async def test_a_keyring_that_hangs_is_given_up_and_not_asked_again_until_it_answers(ring: Ring) -> None:
    answered = threading.Event()
    ring.before = answered.wait
    credentials = KeyringCredentials(deadline_s=0.05)
    with pytest.raises(KeyringSilent):
        await credentials.read(SLOT)
    assert isinstance(await credentials.write(SLOT, SECRET), KeyringSilent)
    assert ring.calls == 1
    stuck = [thread for thread in threading.enumerate() if thread.name == "keyring"]
    assert len(stuck) == 1
    assert stuck[0].daemon
    answered.set()
    await asyncio.to_thread(stuck[0].join, 5)
    assert await credentials.write(SLOT, SECRET) is None
    assert ring.calls == 3


async def test_calls_at_the_same_time_wait_for_one_another(ring: Ring) -> None:
    together = threading.Semaphore(1)

    def alone() -> None:
        assert together.acquire(blocking=False)
        together.release()

    ring.before = alone
    credentials = KeyringCredentials()
    async with asyncio.TaskGroup() as group:
        writes = [group.create_task(credentials.write(f"slot:{number}", SECRET)) for number in range(5)]
    assert [write.result() for write in writes] == [None] * 5


async def test_giving_up_the_wait_leaves_the_errand_alone(ring: Ring) -> None:
    entered, answered = threading.Event(), threading.Event()

    def hold() -> None:
        entered.set()
        assert answered.wait(5)

    ring.before = hold
    credentials = KeyringCredentials()
    async with asyncio.TaskGroup() as group:
        writing = group.create_task(credentials.write(SLOT, SECRET))
        assert await asyncio.to_thread(entered.wait, 5)
        writing.cancel()
    [thread] = [thread for thread in threading.enumerate() if thread.name == "keyring"]
    answered.set()
    await asyncio.to_thread(thread.join, 5)
    assert ring.kept == {(SERVICE, SLOT): SECRET.reveal()}
