"""Keys on one side, the real heart on the other."""

import asyncio
from dataclasses import replace

import pytest

from app.conversation import happenings as did
from app.conversation.machines import Turn
from app.conversation.settings import Settings, TalkMode, TalkSettings
from app.conversation.talk_modes import Source
from app.conversation.troubles import NoDevice
from app.session.talking import Talking
from tests.support.stories import Story


class Bench:
    """A live conversation and its keys."""

    def __init__(self, mode: TalkMode, longest_hold_s: float = 120) -> None:
        self.story = Story().go_live()
        self.settings = Settings(talk=replace(TalkSettings(mode), longest_hold_s=longest_hold_s))  # type: ignore[arg-type]
        self.changed = asyncio.Event()
        self.talking = Talking(self.settings, lambda: self.story.state, self._handle)

    def _handle(self, happening: did.Happening) -> None:
        self.story.tell(happening)
        self.changed.set()

    @property
    def is_holding(self) -> bool:
        return self.story.state.turn is Turn.HOLDING


@pytest.fixture
async def hold() -> Bench:
    return Bench(TalkMode.HOLD)


async def test_a_key_talks_while_it_is_down(hold: Bench) -> None:
    hold.talking.press(Source.KEY)
    assert hold.is_holding
    hold.talking.release(Source.KEY)
    assert hold.story.state.turn is Turn.TAILING


async def test_nobody_talks_over_no_connection() -> None:
    bench = Bench(TalkMode.TOGGLE)
    bench.story = Story()
    bench.talking.press(Source.KEY)
    assert not bench.talking.is_on


async def test_a_key_held_too_long_is_let_go() -> None:
    bench = Bench(TalkMode.HOLD, longest_hold_s=0.05)
    bench.talking.press(Source.KEY)
    bench.changed.clear()
    async with asyncio.timeout(5):
        await bench.changed.wait()
    assert not bench.is_holding
    assert not bench.talking.is_on


async def test_a_lost_microphone_lets_the_key_go(hold: Bench) -> None:
    hold.talking.press(Source.KEY)
    hold.story.tell(did.TroubleArose(NoDevice("microphone")))
    assert not hold.is_holding
    assert not hold.talking.is_on


async def test_other_settings_let_the_key_go(hold: Bench) -> None:
    hold.talking.press(Source.WINDOW)
    hold.talking.use(replace(hold.settings, speed=1.2))
    assert hold.is_holding
    hold.talking.use(replace(hold.settings, talk=TalkSettings(TalkMode.TOGGLE)))
    assert not hold.is_holding


async def test_push_to_mute_mutes_while_it_is_down() -> None:
    bench = Bench(TalkMode.PUSH_TO_MUTE)
    bench.talking.press(Source.KEY)
    assert bench.story.state.muted
    bench.talking.release(Source.KEY)
    assert not bench.story.state.muted


async def test_a_lost_window_ends_what_the_window_began() -> None:
    bench = Bench(TalkMode.TOGGLE)
    bench.talking.press(Source.WINDOW)
    bench.talking.release(Source.WINDOW)
    assert bench.is_holding
    bench.talking.lose(Source.WINDOW)
    assert not bench.is_holding


async def test_all_lost_ends_everything(hold: Bench) -> None:
    hold.talking.toggle(Source.REMOTE)
    assert hold.is_holding
    hold.talking.lose_all()
    assert not hold.is_holding
