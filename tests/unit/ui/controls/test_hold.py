import pytest

from app.conversation.view import Look, View
from app.ui.controls.hold import Hold
from app.ui.store import Store
from tests.support.wishes import Wishes


@pytest.mark.parametrize(
    "view",
    [
        View(Look.LISTENING),
        View(Look.ON_AIR),
        View(Look.THINKING),
        View(Look.CONNECTING, push_to_talk=True),
        View(Look.RECONNECTING, push_to_talk=True),
    ],
)
def test_each_press_is_followed_by_one_release(view: View) -> None:
    store, wishes = Store(), Wishes()
    store.show_view(view)
    hold = Hold(store, wishes)
    hold.press()
    hold.press()
    assert hold.holding
    hold.release()
    hold.release()
    assert wishes.made == [("talk_down",), ("talk_up",)]


@pytest.mark.parametrize("look", [Look.DISCONNECTED, Look.CONNECTING, Look.RECONNECTING, Look.LEAVING])
def test_without_a_connection_there_is_nothing_to_hold(look: Look) -> None:
    store, wishes = Store(), Wishes()
    store.show_view(View(look))
    hold = Hold(store, wishes)
    hold.press()
    hold.release()
    assert wishes.made == []


def test_the_release_is_said_even_if_the_connection_ended_meanwhile() -> None:
    store, wishes = Store(), Wishes()
    store.show_view(View(Look.ON_AIR))
    hold = Hold(store, wishes)
    hold.press()
    store.show_view(View(Look.DISCONNECTED))
    hold.release()
    assert wishes.made == [("talk_down",), ("talk_up",)]
