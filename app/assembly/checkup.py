"""``main.py devices`` and ``main.py doctor``: what is there, what works, and what to do about the rest."""

import asyncio
import json
import platform
import sys
from dataclasses import asdict
from typing import Final

from app.assembly.findings import Finding, Look, finding, tell
from app.assembly.profile_checkup import ProfileCheckup
from app.assembly.sound_checkup import measure
from app.assembly.surroundings import Adapters, build_adapters
from app.audio.catalog import Catalog, Device, Direction, in_place_of
from app.audio.opus import OpusEncoder, OpusMissing
from app.audio.pcm import silence
from app.conversation.presets import PRESETS, preset_named
from app.conversation.profiles import Door, Profile
from app.conversation.settings import Settings
from app.conversation.troubles import (
    CodecMissing,
    CredentialMissing,
    MicrophoneMuted,
    NoDevice,
    SoundTrouble,
    StorageTrouble,
    Trouble,
)
from app.devices.system import SystemDevices
from app.session.desk import choice_of
from app.session.sound_stats import told
from app.vault.places import Places
from app.vault.preferences import load


def run_devices(*, as_json: bool) -> int:
    """List microphones and speakers; for programs also how the chosen two do, which takes two seconds."""
    system = SystemDevices()
    try:
        catalog = system.scan()
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    if as_json:
        listed = {"microphones": _plain(catalog.microphones), "speakers": _plain(catalog.speakers)}
        print(json.dumps({**listed, "sound": _measured(system, catalog)}, indent=2))
        return 0
    for title, devices in (("Microphones", catalog.microphones), ("Speakers", catalog.speakers)):
        print(title)
        for device in devices:
            print(f"  {'*' if device.is_default else ' '} {device.name}{' (muted)' if device.muted else ''}")
        if not devices:
            print("    none")
    print("* is the system's default")
    return 0


def _plain(devices: tuple[Device, ...]) -> list[dict[str, object]]:
    return [
        {
            "id": device.id,
            "name": device.name,
            "kind": device.kind.value or None,
            "default": device.is_default,
            "muted": device.muted,
        }
        for device in devices
    ]


def _measured(system: SystemDevices, catalog: Catalog) -> dict[str, object]:
    settings, _broken = load(Places.here().settings_file)
    try:
        return asdict(measure(system, catalog, settings))
    except SoundTrouble as trouble:
        return {"trouble": str(trouble)}


def run_doctor(*, profile: str = "", as_json: bool = False) -> int:
    """Exit code 0 if everything works: the whole machine, or one profile (or preset) by its name."""
    settings, broken = load(Places.here().settings_file)
    if not profile:
        return tell(asyncio.run(_examine(settings, broken)), as_json=as_json)
    preset = preset_named(profile)
    chosen = settings.profile_named(profile) or (preset.profile if preset else None)
    if chosen is None:
        names = [each.name for each in settings.profiles] + [each.name for each in PRESETS]
        print(f"There is no profile named {profile!r}. Use one of: {', '.join(dict.fromkeys(names))}.", file=sys.stderr)
        return 1
    return tell(asyncio.run(_examine_profile(chosen)), as_json=as_json)


async def _examine_profile(profile: Profile) -> list[Finding]:
    adapters = build_adapters(Places.here())
    try:
        return await ProfileCheckup(adapters, profile).run()
    finally:
        await adapters.close()


async def _examine(settings: Settings, broken: StorageTrouble | None) -> list[Finding]:
    adapters = build_adapters(Places.here())
    profile = settings.active_profile
    looks: Final[tuple[tuple[str, Look], ...]] = (
        ("Python", _python),
        ("Sound", lambda: _sound(settings)),
        ("Opus", _opus),
        ("Keyring", lambda: _keyring(adapters, settings)),
        ("Rehearsal server", lambda: _rehearsal(adapters)),
    )
    findings = [_settings_finding(broken)]
    try:
        for name, look in looks:
            findings.append(await finding(name, look))
        if profile.door is not Door.REHEARSAL:
            findings += await ProfileCheckup(adapters, profile).run()
    finally:
        await adapters.close()
    return findings


def _settings_finding(broken: StorageTrouble | None) -> Finding:
    if broken is not None:
        return Finding("Settings", False, broken.sentence, broken.remedy)
    return Finding("Settings", True, str(Places.here().settings_file))


async def _python() -> str:
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}"


async def _sound(settings: Settings) -> str:
    system = SystemDevices()
    catalog: Catalog = await asyncio.to_thread(system.scan)
    for direction, devices in (("microphone", catalog.microphones), ("speaker", catalog.speakers)):
        if not devices:
            raise NoDevice(direction)
    microphone = in_place_of(choice_of(settings.microphone), catalog, Direction.MICROPHONE)
    if microphone is not None and microphone.muted:
        raise MicrophoneMuted
    stats = await asyncio.to_thread(measure, system, catalog, settings)
    lines = [f"{line.device} ({told(line)})" for line in (stats.microphone, stats.speaker) if line is not None]
    used = {line.device for line in (stats.microphone, stats.speaker) if line is not None}
    others = [each.name for each in (*catalog.microphones, *catalog.speakers) if each.name not in used]
    return ", ".join((*lines, *others))


async def _opus() -> str:
    try:
        encoder = OpusEncoder()
    except OpusMissing as missing:
        raise CodecMissing from missing
    size = len(encoder.encode(silence(encoder.packet_samples)))
    encoder.close()
    return f"encodes ({size} bytes for a packet of silence)"


async def _keyring(adapters: Adapters, settings: Settings) -> str:
    profile = settings.active_profile
    stored = await adapters.credentials.read(profile.credential_slot)
    if stored is None and profile.needs_credential:
        raise CredentialMissing
    return "answers, " + (f"holds a credential for {profile.title}" if stored else f"no credential for {profile.title}")


async def _rehearsal(adapters: Adapters) -> str:
    url, _key = await adapters.rehearsal.start()
    return f"starts and answers at {url}"
