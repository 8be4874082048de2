"""The leash, with calls that do not let go at once and a store that goes away."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.servers.broker.allowance.leash import Leash
from app.servers.broker.allowance.ledger import Call, Reservation, StoreGone
from app.servers.broker.allowance.memory_ledger import MemoryLedger

LENGTH_S = 60


@dataclass
class World:
    """A clock, a server that hangs up or does not, and what became known."""

    now_s: float = 0.0
    refuses: set[str] = field(default_factory=set)
    hung_up: list[str] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)

    async def hang_up(self, call_id: str) -> bool:
        if call_id in self.refuses:
            return False
        self.hung_up.append(call_id)
        return True

    async def ended(self, call_id: str, outcome: str) -> None:
        self.told.append((call_id, outcome))

    def ledger(self) -> MemoryLedger:
        return MemoryLedger(lambda: self.now_s, lambda: datetime(2026, 11, 20, tzinfo=UTC))

    def leash(self, ledger: MemoryLedger) -> Leash:
        return Leash(ledger, self.hang_up, lambda: self.now_s, self.ended)


class GoneLedger(MemoryLedger):
    """A store that is not there."""

    async def begin(self, call: Call) -> None:
        raise StoreGone

    async def end(self, call_id: str) -> None:
        raise StoreGone

    async def due(self, claimed_for_s: float) -> list[str]:
        raise StoreGone


def call(call_id: str) -> Call:
    return Call(call_id, "anna", Reservation("r" + call_id, "anna", "2026-11-20", 120, LENGTH_S, 0))


async def test_a_call_is_hung_up_at_its_end_and_not_before() -> None:
    world = World()
    leash = world.leash(world.ledger())
    await leash.begin(call("a"))
    world.now_s = LENGTH_S - 1
    await leash.pull()
    assert world.hung_up == []
    world.now_s = LENGTH_S
    await leash.pull()
    await leash.pull()
    assert world.hung_up == ["a"]
    assert world.told == [("a", "hung_up")]


async def test_a_call_that_does_not_let_go_is_tried_again() -> None:
    world = World(refuses={"a"})
    leash = world.leash(world.ledger())
    await leash.begin(call("a"))
    world.now_s = LENGTH_S
    await leash.pull()
    await leash.pull()
    assert world.told == [("a", "hang_up_failed")]
    world.refuses.clear()
    world.now_s += 31
    await leash.pull()
    assert world.told[-1] == ("a", "hung_up")


async def test_a_call_hung_up_by_its_owner_is_off_the_leash() -> None:
    world = World()
    leash = world.leash(world.ledger())
    await leash.begin(call("a"))
    assert await leash.end("a")
    world.now_s = 10 * LENGTH_S
    await leash.pull()
    assert world.told == []


async def test_without_the_store_own_calls_are_still_held() -> None:
    world = World()
    ledger = GoneLedger(lambda: world.now_s, lambda: datetime(2026, 11, 20, tzinfo=UTC))
    leash = world.leash(ledger)
    try:
        await leash.begin(call("a"))
    except StoreGone:
        world.told.append(("a", "not begun"))
    world.now_s = LENGTH_S
    await leash.pull()
    assert world.hung_up == ["a"]
    assert world.told == [("a", "not begun"), ("a", "hung_up")]


async def test_at_the_end_all_are_dropped() -> None:
    world = World()
    leash = world.leash(world.ledger())
    await leash.begin(call("a"))
    await leash.begin(call("b"))
    await leash.drop_all()
    assert sorted(world.hung_up) == ["a", "b"]


async def test_a_call_that_should_not_have_begun_is_pulled_back() -> None:
    world = World(refuses={"a"})
    leash = world.leash(world.ledger())
    await leash.pull_back("a")
    world.refuses.clear()
    world.now_s = 31
    await leash.pull()
    assert world.told == [("a", "hang_up_failed"), ("a", "hung_up")]
