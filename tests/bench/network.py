"""Two machines on one: two network namespaces, and between them the emulator. Needs root.

    client (10.77.0.1) eth0 ── bridge ── eth0 (10.77.0.2) server

Nothing of it touches the machine's own network, and it is all gone afterwards, also after a failure; what a killed
run left behind is swept away by the next.
"""

import array
import ctypes
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.netsim import Conditions

ROOT: Final = Path(__file__).resolve().parents[2]
CLIENT_ADDRESS: Final = "10.77.0.1"
SERVER_ADDRESS: Final = "10.77.0.2"

_PREFIX: Final = "parlance-bench-"
_CLONE_NEWNET: Final = 0x4000_0000
_SIOCETHTOOL: Final = 0x8946
# Without these the kernel leaves checksums and segmentation to a card that is not there.
_OFFLOADS_OFF: Final = {"tx checksums": 0x17, "scatter-gather": 0x19, "tso": 0x1F, "gso": 0x24, "gro": 0x2C}
_libc: Final = ctypes.CDLL(None, use_errno=True)


class BenchTrouble(Exception):
    """The bench cannot do this here; the text says why and what to do."""


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """The calling thread is in that namespace meanwhile; sockets it opens stay there."""
    with Path("/proc/thread-self/ns/net").open() as home, Path(f"/run/netns/{namespace}").open() as other:
        _enter(other.fileno())
        try:
            yield
        finally:
            _enter(home.fileno())


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


@dataclass
class Network:
    """The running network; ``set`` may be called at any time."""

    client: str
    """Names of namespaces."""
    server: str
    _emulator: "subprocess.Popen[str]"

    def set(self, conditions: Conditions) -> None:
        """From now on it is like this."""
        assert self._emulator.stdin
        assert self._emulator.stdout
        self._emulator.stdin.write(conditions.to_json() + "\n")
        self._emulator.stdin.flush()
        if not self._emulator.stdout.readline():
            raise BenchTrouble("The network emulator has ended.")


def command_in(namespace: str, command: Sequence[str]) -> list[str]:
    """The command, run in that namespace."""
    return ["ip", "netns", "exec", namespace, *command]


@contextmanager
def emulated_network() -> Iterator[Network]:
    """A network of its own for this run. Raises BenchTrouble without root or without the ``ip`` program."""
    if sys.platform != "linux" or os.geteuid() != 0:
        raise BenchTrouble("The network emulator needs Linux and root: run it with sudo, or choose rows with --only.")
    if not shutil.which("ip"):
        raise BenchTrouble("The network emulator needs the program ip: install the package iproute2.")
    _sweep()
    client, server, between = (f"{_PREFIX}{os.getpid()}-{name}" for name in ("client", "server", "between"))
    try:
        for name in (client, server, between):
            _ip("netns", "add", name)
        _ip("-n", between, "link", "add", "client", "type", "veth", "peer", "name", "eth0", "netns", client)
        _ip("-n", between, "link", "add", "server", "type", "veth", "peer", "name", "eth0", "netns", server)
        for name, interfaces in ((client, ["lo", "eth0"]), (server, ["lo", "eth0"]), (between, ["client", "server"])):
            _prepare(name, interfaces)
        for name, here, there in ((client, CLIENT_ADDRESS, SERVER_ADDRESS), (server, SERVER_ADDRESS, CLIENT_ADDRESS)):
            _ip("-n", name, "address", "add", f"{here}/24", "dev", "eth0")
            # Chromium offers only addresses that lead somewhere.
            _ip("-n", name, "route", "add", "default", "via", there)
        with _emulator(between) as emulator:
            network = Network(client, server, emulator)
            network.set(Conditions())
            yield network
    finally:
        for name in (client, server, between):
            _remove(name)


@contextmanager
def _emulator(between: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.bench.netsim", "client", "server"]
    with subprocess.Popen(
        command_in(between, command), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _prepare(namespace: str, interfaces: Sequence[str]) -> None:
    with inside(namespace):
        for knob in ("all", "default"):
            path = Path(f"/proc/sys/net/ipv6/conf/{knob}/disable_ipv6")
            if path.exists():  # not in a kernel without IPv6
                path.write_text("1")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            for interface in interfaces:
                if interface != "lo":
                    _switch_offloads_off(control, interface)
    for interface in interfaces:
        _ip("-n", namespace, "link", "set", interface, "up")


def _switch_offloads_off(control: socket.socket, interface: str) -> None:
    for command in _OFFLOADS_OFF.values():
        value = array.array("B", struct.pack("II", command, 0))
        request = struct.pack("16sP", interface.encode(), value.buffer_info()[0])
        fcntl.ioctl(control, _SIOCETHTOOL, request)


def _ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, timeout=10, check=False)
    if done.returncode:
        raise BenchTrouble(f"ip {' '.join(words)} failed: {done.stderr.strip()}")
    return done.stdout


def _remove(namespace: str) -> None:
    if not Path(f"/run/netns/{namespace}").exists():
        return
    for pid in _ip("netns", "pids", namespace).split():
        os.kill(int(pid), 9)
    _ip("netns", "delete", namespace)


def _sweep() -> None:
    """Remove what runs have left that ended without clearing up."""
    for line in _ip("netns", "list").splitlines():
        name = line.split()[0]
        pid = name.removeprefix(_PREFIX).partition("-")[0]
        if name.startswith(_PREFIX) and not Path(f"/proc/{pid}").exists():
            _remove(name)
