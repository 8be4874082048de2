"""Messages that are late."""

import asyncio

from app.servers.rehearsal.lane import Lane


async def test_late_messages_hold_up_those_behind_them() -> None:
    sent: list[str] = []
    done = asyncio.Event()

    def send(text: str) -> None:
        sent.append(text)
        if text == "last":
            done.set()

    lane = Lane(send)
    lane.put("at once", 0)
    assert sent == ["at once"]
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(10):
        running = tasks.create_task(lane.run())
        for text, late_ms in (("late", 30), ("behind", 0), ("early", 10), ("last", 20)):
            lane.put(text, late_ms)
        assert sent == ["at once"]
        await done.wait()
        lane.put("at once again", 0)
        running.cancel()
    assert sent == ["at once", "late", "behind", "early", "last", "at once again"]
