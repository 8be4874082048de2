"""The talk key under any story: never stuck, never twice, never talking that nobody asked for."""

from hypothesis import given
from hypothesis import strategies as st

from app.conversation.settings import TalkMode
from app.conversation.talk_modes import (
    AllLost,
    Event,
    Lost,
    ModeChosen,
    Order,
    Pressed,
    Released,
    Source,
    Talk,
    TimePassed,
    Toggled,
    heard,
    seen,
)

SOURCES = st.sampled_from(Source)
MODES = st.sampled_from(TalkMode)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(Pressed, SOURCES),
    st.builds(Released, SOURCES),
    st.builds(Toggled, SOURCES),
    st.builds(Lost, SOURCES),
    st.builds(AllLost),
    st.builds(TimePassed),
    st.builds(ModeChosen, MODES, st.sampled_from([5.0, 120.0])),
)
STEPS = st.lists(st.tuples(EVENTS, st.floats(0, 60), st.booleans()), max_size=40)
"""An event, how long after the one before, and whether the conversation ends talking by itself before it."""


class World:
    """A conversation that obeys, and complains about orders that make no sense."""

    def __init__(self, mode: TalkMode) -> None:
        self.talk = Talk(mode)
        self.now_s = 0.0
        self.talking = self.muted = False

    def step(self, event: Event) -> None:
        self.talk = seen(self.talk, talking=self.talking, muted=self.muted)
        self.talk, orders = heard(self.talk, event, self.now_s, muted=self.muted)
        for order in orders:
            match order:
                case Order.TALK_DOWN | Order.TALK_UP:
                    assert self.talking is (order is Order.TALK_UP)
                    self.talking = not self.talking
                case Order.MUTE | Order.UNMUTE:
                    assert self.muted is (order is Order.UNMUTE)
                    self.muted = not self.muted
                case Order.INTERRUPT:
                    assert self.talk.mode is TalkMode.OPEN
        assert not (self.talking and self.muted)
        assert (self.talking or self.muted) is self.talk.is_on
        assert (self.talk.until_s is not None) is self.talk.is_on


def played(mode: TalkMode, steps: list[tuple[Event, float, bool]]) -> World:
    world = World(mode)
    for event, pause_s, ended_by_itself in steps:
        world.now_s += pause_s
        if ended_by_itself:
            world.talking = world.muted = False
        world.step(event)
    return world


@given(MODES, STEPS)
def test_every_order_makes_sense(mode: TalkMode, steps: list[tuple[Event, float, bool]]) -> None:
    played(mode, steps)


@given(MODES, STEPS)
def test_when_all_is_lost_all_ends(mode: TalkMode, steps: list[tuple[Event, float, bool]]) -> None:
    world = played(mode, steps)
    world.step(AllLost())
    assert not world.talking
    assert not world.muted
    assert not world.talk.held


@given(MODES, STEPS)
def test_every_source_lost_ends_all(mode: TalkMode, steps: list[tuple[Event, float, bool]]) -> None:
    world = played(mode, steps)
    for source in Source:
        world.step(Lost(source))
    assert not world.talk.is_on


@given(MODES, STEPS)
def test_nothing_outlasts_its_time(mode: TalkMode, steps: list[tuple[Event, float, bool]]) -> None:
    world = played(mode, steps)
    if world.talk.until_s is not None:
        assert world.talk.until_s <= world.now_s + world.talk.longest_hold_s
        world.now_s = world.talk.until_s
    world.step(TimePassed())
    assert not world.talking
    assert not world.muted


@given(MODES, STEPS, SOURCES)
def test_the_key_works_after_any_story(mode: TalkMode, steps: list[tuple[Event, float, bool]], source: Source) -> None:
    world = played(mode, steps)
    world.step(AllLost())
    world.now_s += 10
    world.step(Pressed(source))
    assert world.talk.mode is TalkMode.OPEN or world.talk.is_on
