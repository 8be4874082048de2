"""A call with a server that wraps its messages, against a stock aiortc peer."""

import asyncio

from app.conversation.troubles import Trouble
from app.link.envelope import Envelope
from app.link.voice import VoiceCall
from tests.support.realtime_peer import WAIT_S, RealtimePeer


class Ears:
    def __init__(self) -> None:
        self.texts: asyncio.Queue[str] = asyncio.Queue()
        self.opened = asyncio.Event()

    def transport_up(self) -> None: ...

    def channel_opened(self) -> None:
        self.opened.set()

    def text_arrived(self, text: str) -> None:
        self.texts.put_nowait(text)

    def link_broke(self, trouble: Trouble) -> None: ...


async def test_the_servers_messages_are_opened_and_ours_are_not_wrapped() -> None:
    server, ears = Envelope(), Ears()
    call = VoiceCall(ears, envelope=Envelope())
    long = '{"type":"session.created","session":"' + "ü" * 5000 + '"}'
    async with RealtimePeer() as peer, asyncio.timeout(WAIT_S):
        try:
            await call.accept(await peer.answer(await call.offer()))
            await ears.opened.wait()
            for text in (long, '{"type":"error"}'):
                for message in server.wrap(text):
                    await peer.send_text(message)
            assert [await ears.texts.get(), await ears.texts.get()] == [long, '{"type":"error"}']
            call.send_text('{"type":"response.create"}')
            assert await peer.next_text() == '{"type":"response.create"}'
        finally:
            await call.close()
