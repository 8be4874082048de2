"""A real HTTP server on loopback that answers by script, down to the single byte. One thread per connection."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Self

CHUNK_BYTES = 8192


@dataclass(frozen=True)
class Received:
    """One request as it came in; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Line:
    """The connection while an answer is being written."""

    sock: socket.socket
    closing: threading.Event
    asked: Received | None = None
    """The request that is being answered."""
    sent_bytes: int = 0
    ended: bool = False

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)
        self.sent_bytes += len(data)

    def reset(self) -> None:
        """Break the connection with RST instead of an orderly end."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise ConnectionAbortedError


Answer = Callable[[Line], None]


def answer(status: int = 200, body: bytes | str = b"", **headers: str) -> Answer:
    """A plain answer; ``content_type="…"`` becomes ``Content-Type``."""
    content = body.encode() if isinstance(body, str) else body

    def write(line: Line) -> None:
        line.send(head(status, {"Content-Length": str(len(content)), **headers}) + content)

    return write


def head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Scripted", *(f"{name.replace('_', '-')}: {text}" for name, text in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def endless(content: bytes = b"x" * CHUNK_BYTES, limit_bytes: int = 3_000_000) -> Answer:
    """A body of ``limit_bytes`` without a length told in advance."""

    def write(line: Line) -> None:
        line.send(head(200, {"Content-Type": "application/json", "Connection": "close"}))
        line.sent_bytes = 0
        while line.sent_bytes < limit_bytes:
            line.send(content)
        line.sock.shutdown(socket.SHUT_WR)

    return write


def drip(interval_s: float = 0.05) -> Answer:
    """A slow loris: one byte of the body at a time, without end."""

    def write(line: Line) -> None:
        line.send(head(200, {"Content-Type": "application/json", "Content-Length": "100000"}))
        while not line.closing.wait(interval_s):
            line.send(b" ")

    return write


def silence(line: Line) -> None:
    """Say nothing until the server closes."""
    line.closing.wait()


def break_off(line: Line) -> None:
    """Reset the connection in the middle of the body."""
    line.send(head(200, {"Content-Type": "application/json", "Content-Length": "1000"}) + b'{"value": "ek_')
    line.reset()


def hang_up(line: Line) -> None:
    """Close without a word."""
    line.sock.shutdown(socket.SHUT_RDWR)


@dataclass
class HttpServer:
    """Answers every request with ``script``; ``received`` and ``lines`` tell what happened."""

    script: Answer = field(default_factory=lambda: answer(404))
    tls: ssl.SSLContext | None = None
    received: list[Received] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._closing = threading.Event()
        self._changed = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._listen, name="http-server")]

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for line in self.lines:
            with contextlib.suppress(OSError):
                line.sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()
        self._listener.close()

    def wait_for(self, true: Callable[[], bool], deadline_s: float = 5.0) -> None:
        """Wait until a condition on ``received`` or ``lines`` holds."""
        with self._changed:
            assert self._changed.wait_for(true, deadline_s)

    def _listen(self) -> None:
        while not self._closing.is_set():
            try:
                sock, _address = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(sock,), name="http-connection")
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        line = Line(sock, self._closing)
        self.lines.append(line)
        # OSError is a client that goes away in the middle, which is what half of the scripts are about.
        with contextlib.suppress(OSError, ssl.SSLError), contextlib.closing(sock):
            if self.tls:
                line.sock = self.tls.wrap_socket(sock, server_side=True)
            with contextlib.closing(line.sock), line.sock.makefile("rb") as stream:
                for received in _requests(stream):
                    with self._changed:
                        self.received.append(received)
                        line.asked = received
                        self._changed.notify_all()
                    self.script(line)
        with self._changed:
            line.ended = True
            self._changed.notify_all()


def _requests(stream: IO[bytes]) -> Iterator[Received]:
    readline = stream.readline
    while first := readline():
        method, _, rest = first.decode("latin-1").strip().partition(" ")
        path, _, version = rest.rpartition(" ")
        if not version.startswith("HTTP/1."):
            return
        headers: dict[str, str] = {}
        while (text := readline().decode("latin-1").strip()) != "":
            name, _, value = text.partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", "0")))
        yield Received(method, path, headers, body)
