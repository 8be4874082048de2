import re

from app.conversation.paths import NO_NETWORK
from app.link.network import default_route, present_network

HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
WIFI = "wlan0\t00000000\t0100A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
CABLE = "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
TUNNEL = "tun0\t00000000\t00000000\t0001\t0\t0\t50\t00000000\t0\t0\t0\n"
LOCAL = "wlan0\t0000A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0\n"
NEIGHBOURS = (
    "IP address       HW type     Flags       HW address            Mask     Device\n"
    "192.168.0.1      0x1         0x2         aa:bb:cc:dd:ee:ff     *        wlan0\n"
    "192.168.1.1      0x1         0x0         00:00:00:00:00:00     *        eth0\n"
)


def test_the_gateway_of_the_best_route_is_the_network() -> None:
    assert default_route(HEAD + WIFI + LOCAL, NEIGHBOURS) == ("wlan0", "192.168.0.1", "aa:bb:cc:dd:ee:ff")
    assert default_route(HEAD + WIFI + CABLE, NEIGHBOURS) == ("eth0", "192.168.1.1", "")
    assert default_route(HEAD + WIFI + TUNNEL, NEIGHBOURS) == ("tun0",)


def test_no_route_is_none() -> None:
    assert default_route(HEAD + LOCAL, NEIGHBOURS) == ()
    assert default_route("", "") == ()


def test_this_machine_has_words_that_tell_nothing() -> None:
    network = present_network()
    assert not network.is_another_than(present_network())
    assert network.way == NO_NETWORK or re.fullmatch("[0-9a-f]{16}", network.way)
    assert re.fullmatch("([0-9a-f]{16})?", network.gateway)
