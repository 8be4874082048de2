"""The server's end of a WebSocket below its messages."""

from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

WIRE: Final = "parlance.wire"
"""The name under which a socket's scope holds its wire, among the extensions."""


class Wire(WebSocketsSansIOProtocol):
    """uvicorn's protocol, within reach of whoever serves the socket."""

    async def run_asgi(self) -> None:
        """Serve the socket."""
        extensions: dict[str, Any] = {**(self.scope["extensions"] or {}), WIRE: self}
        self.scope["extensions"] = extensions
        await super().run_asgi()

    def pause(self) -> None:
        """Read nothing any more, and ask for no signs of life."""
        self.stop_keepalive()
        self.transport.pause_reading()

    def cut(self) -> None:
        """End the connection without a word (TCP reset)."""
        self.transport.abort()
