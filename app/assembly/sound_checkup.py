"""Opens the devices a conversation would use, for a moment, and says how they do."""

import threading
from typing import Final

from app.audio.catalog import Catalog, Direction, in_place_of
from app.audio.stream_stats import SoundStats
from app.audio.uplink import Uplink
from app.conversation.settings import Settings
from app.session.desk import choice_of
from app.session.ports import Devices
from app.session.sound import SoundThread
from app.session.sound_stats import stats_of

LISTEN_S: Final = 2.0


def measure(devices: Devices, catalog: Catalog, settings: Settings) -> SoundStats:
    """The chosen pair, or the system's default in its place, silent for LISTEN_S. Blocks; raises SoundTrouble.

    Two seconds tell nothing of the drift between two clocks: that figure is a conversation's.
    """
    sound = SoundThread(
        devices,
        Uplink(),
        send=lambda _block, _gap_samples: 1,
        gate_closed=lambda: None,
        audible_changed=lambda _audible: None,
        ended=lambda _direction: None,
    )
    sound.start()
    try:
        for direction, choice in (
            (Direction.MICROPHONE, settings.microphone),
            (Direction.SPEAKER, settings.speaker),
        ):
            device = in_place_of(choice_of(choice), catalog, direction)
            if device is not None:
                sound.open(direction, device)
        threading.Event().wait(LISTEN_S)
        return stats_of(sound)
    finally:
        sound.stop()
