import pytest

from app.conversation.paths import NETWORKS_KEPT, NO_NETWORK, RETRY_AFTER_S, BlockedNetwork, KnownPaths
from app.conversation.profiles import Transport

RTC, WS = Transport.WEBRTC, Transport.WEBSOCKET
BOTH = (RTC, WS)
NOW_S = 1_800_000_000.0


def test_webrtc_is_first_where_nothing_is_known() -> None:
    assert KnownPaths().order(BOTH, "home", NOW_S) == (RTC, WS)


def test_a_network_that_blocks_it_is_remembered_for_six_hours() -> None:
    known = KnownPaths().after_failure("hotel", NOW_S)
    assert known.order(BOTH, "hotel", NOW_S) == (WS, RTC)
    assert known.order(BOTH, "home", NOW_S) == (RTC, WS)
    assert known.order(BOTH, "hotel", NOW_S + RETRY_AFTER_S - 1) == (WS, RTC)
    assert known.order(BOTH, "hotel", NOW_S + RETRY_AFTER_S) == (RTC, WS)


@pytest.mark.parametrize("only", [(RTC,), (WS,)])
def test_a_wish_for_one_transport_is_kept(only: tuple[Transport, ...]) -> None:
    assert KnownPaths().after_failure("hotel", NOW_S).order(only, "hotel", NOW_S) == only


def test_a_success_or_a_wish_to_try_again_forgets() -> None:
    known = KnownPaths().after_failure("hotel", NOW_S).after_failure("train", NOW_S).after_success("hotel")
    assert [each.network for each in known.blocked] == ["train"]


def test_a_failure_in_the_future_is_one_by_a_wrong_clock() -> None:
    assert KnownPaths().after_failure("hotel", NOW_S).order(BOTH, "hotel", NOW_S - 60) == (RTC, WS)


@pytest.mark.parametrize("network", [NO_NETWORK, ""])
def test_having_no_network_says_nothing_of_any(network: str) -> None:
    assert KnownPaths().after_failure(network, NOW_S) == KnownPaths()


def test_a_second_failure_renews_the_first() -> None:
    known = KnownPaths().after_failure("hotel", NOW_S).after_failure("hotel", NOW_S + 5)
    assert known.blocked == (BlockedNetwork("hotel", NOW_S + 5),)


def test_the_oldest_networks_go() -> None:
    known = KnownPaths()
    for number in range(NETWORKS_KEPT + 5):
        known = known.after_failure(f"network-{number}", NOW_S + number)
    assert len(known.blocked) == NETWORKS_KEPT
    assert known.blocked[0].network == "network-5"
