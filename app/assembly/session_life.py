"""The life of the window's session, from the libraries to the last goodbye.

Imported on the session thread only, after the first paint: the libraries behind it take half a second to load.
"""

import asyncio
import logging
from collections.abc import Callable

from app.assembly.border import Border
from app.assembly.keeper import Keeper
from app.assembly.memory import settle
from app.assembly.steering import Steering
from app.assembly.surroundings import build_adapters
from app.assembly.window_session import WindowSession
from app.conversation.settings import Settings
from app.conversation.sound_check import Deed
from app.conversation.troubles import notice_of
from app.devices.system import SystemDevices
from app.remote.server import ControlSocket
from app.session.conductor import Conductor
from app.vault.places import Places

log = logging.getLogger("parlance.assembly")


async def live(
    places: Places, settings: Settings, border: Border, ready: Callable[[WindowSession, asyncio.Event], None]
) -> None:
    """The whole life of the session: build, be ``ready``, and stay until the given event is set."""
    loop = asyncio.get_running_loop()
    adapters, devices, closing = build_adapters(places), SystemDevices(), asyncio.Event()

    def devices_changed() -> None:
        loop.call_soon_threadsafe(session.conductor.scan_devices)

    try:
        async with asyncio.TaskGroup() as tasks:
            keeper = Keeper(
                places.settings_file, settings, unwritable=lambda trouble: border.notice.emit(notice_of(trouble))
            )
            session = WindowSession(tasks, adapters, keeper, border, devices)
            tasks.create_task(keeper.run())
            tasks.create_task(session.look_for_credential())
            steering = Steering(session.talking, session.did, border.shown.emit)
            tasks.create_task(_be_steered(ControlSocket(places.runtime_folder, steering.obey), closing))
            stop_watching = await asyncio.to_thread(devices.watch, devices_changed)
            ready(session, closing)
            session.conductor.scan_devices()
            tasks.create_task(_get_ready(session.conductor))
            await closing.wait()
            await asyncio.to_thread(stop_watching)
            session.leave_the_desktop()
            session.check_sound(Deed.END)
            adapters.tokens.hurry()
            session.disconnect()
            keeper.close()
    finally:
        await adapters.close()


async def _get_ready(conductor: Conductor) -> None:
    """For whoever presses Connect."""
    await conductor.warm()
    settle()


async def _be_steered(control: ControlSocket, closing: asyncio.Event) -> None:
    """Without a socket Parlance works all the same."""
    try:
        await control.serve(closing)
    except OSError as error:
        log.warning("x no control socket: %s", error.strerror)
