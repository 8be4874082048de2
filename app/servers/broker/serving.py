"""The broker as a process: listens, says that it is ready, drains and ends when told."""

import asyncio
import contextlib
import json
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import uvicorn

from app.servers.broker.building import Broker, Preparation, StartRefused, build
from app.servers.broker.config.settings import Server
from app.servers.broker.connections import PatientProtocol, close_late
from app.servers.broker.web.openapi import MINT_PATHS

_log = logging.getLogger("parlance.broker")

_BACKLOG: Final = 512


class _Http(uvicorn.Server):
    """Leaves the signals to the process, and says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: see ``_end_on_signals``."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        self._ready()


def serve(given: Preparation) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code. Raises StartRefused."""
    server = given.settings.server
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    try:
        listener = socket.create_server((server.host, server.port), family=family, backlog=_BACKLOG)
    except OSError as trouble:
        reason = f"Cannot listen on {server.host} port {server.port}: {trouble.strerror}. Choose another port."
        raise StartRefused(reason) from None
    with listener:
        asyncio.run(_serve(given, listener))
    return 0


async def _serve(given: Preparation, listener: socket.socket) -> None:
    settings = given.settings
    over = asyncio.Event()
    _end_on_signals(over)
    broker = build(given)
    http = _Http(_http_config(broker, settings.server, given.folder), _say_ready(listener, given))
    try:
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(http.serve([listener]))
            leash = tasks.create_task(broker.leash.hold(settings.leash.every_s))
            watch = tasks.create_task(close_late(http.server_state, settings.server.head_s, broker.figures.slow.inc))
            await over.wait()
            _log.info("- draining")
            broker.health.draining = True
            await asyncio.sleep(settings.server.drain_notice_s)
            http.should_exit = True
            await serving
            leash.cancel()
            watch.cancel()
    finally:
        await broker.close()
        _log.info("- ended")


def _http_config(broker: Broker, server: Server, folder: Path) -> uvicorn.Config:
    config = uvicorn.Config(
        broker.application,
        http=PatientProtocol,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # web.addresses knows which proxies to believe
        h11_max_incomplete_event_size=server.header_bytes,
        limit_concurrency=server.connections,
        timeout_keep_alive=server.keep_alive_s,
        timeout_graceful_shutdown=server.drain_s,
        ssl_certfile=folder / server.tls_certificate if server.tls_certificate else None,
        ssl_keyfile=folder / server.tls_key if server.tls_key else None,
    )
    try:
        config.load()
    except OSError as trouble:  # ssl.SSLError is one
        raise StartRefused(f"The TLS certificate cannot be used: {trouble.strerror}.") from None
    return config


def _say_ready(listener: socket.socket, given: Preparation) -> Callable[[], None]:
    def say() -> None:
        server = given.settings.server
        host, port = listener.getsockname()[:2]
        scheme = "https" if server.tls_certificate else "http"
        url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
        told: dict[str, object] = {"ready": True, "url": url, "mint": url + MINT_PATHS[0]}
        if given.one_run_token:
            told["token"] = given.one_run_token
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        _log.info("- ready")

    return say


def _end_on_signals(over: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, over.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(over.set))
