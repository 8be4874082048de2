"""The keeper of the key, over a back end that does what it is told to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from app.conversation.shortcuts import KeyReport, Shortcut
from app.conversation.troubles import KeysUnavailable, KeyTaken, KeyTrouble
from app.hotkeys import hotkeys
from app.hotkeys.hotkeys import Hotkeys
from app.hotkeys.ports import Ears as EarsPort
from app.hotkeys.ports import settle
from tests.support.ears import Ears


class Hand:
    """A back end in the hands of a test."""

    name = "hand"

    def __init__(self, *refusals: KeyTrouble) -> None:
        self.refusals = list(refusals)
        self.held: list[str] = []
        self.end: asyncio.Future[None] | None = None

    async def hold(
        self, shortcut: Shortcut, ears: EarsPort, works: Callable[[str], None], stop: asyncio.Future[None]
    ) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.held.append(str(shortcut))
        works(f"{shortcut} works.")
        end = self.end = asyncio.get_running_loop().create_future()
        stop.add_done_callback(lambda _: settle(end))
        await end


@asynccontextmanager
async def served(hand: Hand | None, key: str) -> AsyncIterator[tuple[Hotkeys, Ears, list[KeyReport]]]:
    ears, reports = Ears(), list[KeyReport]()

    def show(report: KeyReport) -> None:
        reports.append(report)
        ears.note("works" if report.works else "does not")

    keys = Hotkeys(hand, ears, lost=lambda: ears.note("lost"), show=show, command="parlance remote talk-toggle")
    keys.use(key)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(keys.serve())
        try:
            yield keys, ears, reports
        finally:
            keys.close()


async def test_the_chosen_key_is_held_and_changed() -> None:
    hand = Hand()
    async with served(hand, "F9") as (keys, ears, reports):
        await ears.until("works")
        keys.use("F8")
        await ears.until("works", "lost", "works")
        keys.use("")
        await ears.until("works", "lost", "works", "lost", "does not")
    assert hand.held == ["F9", "F8"]
    assert reports[-1] == KeyReport()


async def test_a_key_that_cannot_be_used_is_explained_and_never_tried() -> None:
    hand = Hand()
    async with served(hand, "A") as (_, ears, reports):
        await ears.until("does not")
    assert "typed" in reports[0].words
    assert hand.held == []


async def test_a_taken_key_is_tried_again() -> None:
    hand = Hand(KeyTaken("F9"))
    hotkeys.RETRY_S, before = 0.01, hotkeys.RETRY_S  # type: ignore[misc]
    try:
        async with served(hand, "F9") as (_, ears, reports):
            await ears.until("does not", "lost", "works")
    finally:
        hotkeys.RETRY_S = before  # type: ignore[misc]
    assert "already taken" in reports[0].words
    assert reports[1].works


async def test_a_dead_back_end_lets_the_key_go_and_says_so() -> None:
    hand = Hand()
    async with served(hand, "F9") as (_, ears, reports):
        await ears.until("works")
        assert hand.end is not None
        hand.end.set_exception(KeysUnavailable("Gone."))
        await ears.until("works", "does not", "lost")
    assert reports[-1].command == "parlance remote talk-toggle"


async def test_where_no_key_is_to_be_had_the_command_is_shown() -> None:
    async with served(None, "F9") as (_, ears, reports):
        await ears.until("does not")
    assert reports[0].command == "parlance remote talk-toggle"
