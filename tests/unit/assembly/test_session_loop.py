"""The session's loop, on a Qt thread as in the app."""

import asyncio
import contextvars
import gc
import socket
import threading
from collections.abc import AsyncIterator

import pytest

from app.assembly.session_loop import POOL_THREADS, ROUNDS_AT_ONCE, SessionLoop
from tests.support.session_loop import SessionThread, run_on_session_thread

pytestmark = pytest.mark.usefixtures("qapp")


def test_callbacks_run_in_the_order_in_which_they_were_asked_for() -> None:
    async def ask() -> list[int]:
        loop = asyncio.get_running_loop()
        ran: list[int] = []
        done = asyncio.Event()
        loop.call_soon(ran.append, 1)
        loop.call_soon_threadsafe(ran.append, 2)
        loop.call_soon(ran.append, 3).cancel()
        loop.call_soon(ran.append, 4)
        loop.call_soon(done.set)
        assert ran == []
        await done.wait()
        return ran

    assert run_on_session_thread(ask) == [1, 2, 4]


def test_a_callback_sees_the_context_it_was_asked_for_in() -> None:
    name = contextvars.ContextVar("name", default="nobody")

    async def ask() -> list[str]:
        loop = asyncio.get_running_loop()
        seen: list[str] = []
        done = asyncio.Event()
        name.set("first")
        loop.call_soon(lambda: seen.append(name.get()))
        loop.call_soon_threadsafe(lambda: seen.append(name.get()))
        name.set("second")
        loop.call_soon(done.set)
        await done.wait()
        return seen

    assert run_on_session_thread(ask) == ["first", "first"]


def test_another_thread_wakes_the_loop() -> None:
    async def wait() -> int:
        loop = asyncio.get_running_loop()
        heard = loop.create_future()
        caller = threading.Thread(target=lambda: loop.call_soon_threadsafe(heard.set_result, threading.get_ident()))
        caller.start()
        async with asyncio.timeout(5):
            ident = await heard
        assert ident == caller.ident
        return threading.get_ident()

    assert run_on_session_thread(wait) != threading.get_ident()


def test_an_endless_chain_of_callbacks_lets_sockets_and_timers_have_their_turn() -> None:
    async def chain() -> int:
        loop = asyncio.get_running_loop()
        links = 0
        stopped = False

        def again() -> None:
            nonlocal links
            links += 1
            if not stopped:
                loop.call_soon(again)

        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with ours, theirs:
            again()
            theirs.send(b"!")
            async with asyncio.timeout(5):
                assert await loop.sock_recv(ours, 1) == b"!"
                await asyncio.sleep(0.001)
        stopped = True
        return links

    assert run_on_session_thread(chain) > ROUNDS_AT_ONCE


def test_a_callback_that_fails_does_not_keep_the_next_from_running() -> None:
    async def fail() -> list[str]:
        loop = asyncio.get_running_loop()
        told: list[str] = []
        loop.set_exception_handler(lambda _loop, context: told.append(type(context["exception"]).__name__))
        done = asyncio.Event()
        loop.call_soon(lambda: 1 / 0)
        loop.call_soon(done.set)
        await done.wait()
        return told

    assert run_on_session_thread(fail) == ["ZeroDivisionError"]


def test_work_for_the_pool_begins_only_the_threads_it_needs() -> None:
    def pool() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name.startswith("parlance-pool")]

    async def work() -> tuple[int, int, int]:
        await asyncio.to_thread(int)
        first = len(pool())
        for _ in range(2):
            await asyncio.to_thread(int)
        few = len(pool())  # a thread that has just answered may not count as idle yet
        meet = threading.Barrier(POOL_THREADS)
        await asyncio.gather(*(asyncio.to_thread(meet.wait, 5) for _ in range(POOL_THREADS)))
        return first, few, len(pool())

    first, few, all_of_them = run_on_session_thread(work)
    assert first == 1
    assert few <= 3
    assert all_of_them == POOL_THREADS
    assert not pool()


def test_a_half_read_generator_is_ended_on_the_loop() -> None:
    async def read_half() -> tuple[int, int]:
        ended = asyncio.get_running_loop().create_future()

        async def numbers() -> AsyncIterator[int]:
            try:
                yield 1
                yield 2
            finally:
                ended.set_result(threading.get_ident())

        async for _ in numbers():
            break
        async with asyncio.timeout(5):
            return await ended, threading.get_ident()

    ended_on, ran_on = run_on_session_thread(read_half)
    assert ended_on == ran_on


def test_what_comes_after_the_end_is_void_from_other_threads_and_an_error_on_its_own() -> None:
    thread = SessionThread(_the_loop)
    thread.start()
    assert thread.wait(5_000)
    [loop] = thread.outcome
    loop.call_soon_threadsafe(pytest.fail, "it ran")
    with pytest.raises(RuntimeError):
        loop.call_soon(int)
    with pytest.raises(RuntimeError):
        loop.call_later(1, int)


async def _the_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.get_running_loop()
    loop.call_later(60, int)  # still running at the end
    return loop


def test_a_closed_loop_may_be_collected_by_any_thread() -> None:
    """Qt's timers can end on their own thread only; Qt's complaint fails the test (``qt_log_level_fail``)."""
    thread = SessionThread(_the_loop)
    thread.start()
    assert thread.wait(5_000)
    assert isinstance(thread.outcome.pop(), SessionLoop)
    gc.collect()
    assert not any(isinstance(one, SessionLoop) for one in gc.get_objects())
