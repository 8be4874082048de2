"""What the heart's orders and the settings mean for the sound thread. Session loop only."""

import time
from typing import Final

from app.audio import cues
from app.audio.gate import GateMode
from app.conversation import commands as do
from app.conversation.settings import Settings
from app.session.sound import SoundThread

_CUES: Final = {
    do.Cue.CONNECTED: cues.CONNECTED,
    do.Cue.LOST: cues.LOST,
    do.Cue.ON_AIR: cues.ON_AIR,
    do.Cue.OFF_AIR: cues.OFF_AIR,
}


def use_volumes(sound: SoundThread, settings: Settings) -> None:
    """From now on: how loud the assistant, the cues and the person are."""
    sound.volume.factor = settings.output_volume
    sound.use_level(settings.level)
    sound.cues.volume = settings.cues.volume if settings.cues.enabled else 0.0


def steer(sound: SoundThread, command: do.Command) -> None:
    """Carry it out, if it is for the sound."""
    gate = sound.uplink.gate
    match command:
        case do.HoldSilence(held):
            sound.uplink.delay.hold = held
        case do.Rewind(duration_ms):
            sound.uplink.delay.rewind(duration_ms)
        case do.SetOpenMicrophone(is_open):
            gate.mode = GateMode.OPEN if is_open else GateMode.CLOSED
        case do.PressGate():
            sound.uplink.press()
        case do.ReleaseGate():
            sound.uplink.release()
        case do.Mute(muted):
            gate.muted = muted
        case do.DropPlayback():
            sound.drop()
        case do.AllowPlayback():
            sound.resume()
        case do.PlayCue(cue):
            sound.cues.play(_CUES[cue], time.monotonic())
        case _:
            pass
