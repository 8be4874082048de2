"""``main.py devices`` and ``main.py doctor``: what is there, what works, and what to do about the rest."""

import asyncio
import json
import platform
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Final

from app.assembly.surroundings import Adapters, build_adapters
from app.audio.catalog import Catalog, Device
from app.audio.opus import OpusEncoder, OpusMissing
from app.audio.pcm import silence
from app.conversation.profiles import Door
from app.conversation.settings import Settings
from app.conversation.troubles import CodecMissing, CredentialMissing, NoDevice, Trouble
from app.devices.system import SystemDevices
from app.vault.places import Places
from app.vault.preferences import load


def run_devices(*, as_json: bool) -> int:
    """List microphones and speakers."""
    try:
        catalog = SystemDevices().scan()
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    if as_json:
        print(json.dumps({"microphones": _plain(catalog.microphones), "speakers": _plain(catalog.speakers)}, indent=2))
        return 0
    for title, devices in (("Microphones", catalog.microphones), ("Speakers", catalog.speakers)):
        print(title)
        for device in devices:
            print(f"  {'*' if device.is_default else ' '} {device.name}")
        if not devices:
            print("    none")
    print("* is the system's default")
    return 0


def _plain(devices: tuple[Device, ...]) -> list[dict[str, object]]:
    return [{"id": device.id, "name": device.name, "default": device.is_default} for device in devices]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    name: str
    works: bool
    words: str
    """What is there, or what is wrong."""
    remedy: str = ""


def run_doctor(*, as_json: bool) -> int:
    """Exit code 0 if everything works."""
    findings = asyncio.run(_examine())
    if as_json:
        print(
            json.dumps(
                {"ok": all(each.works for each in findings), "findings": [asdict(f) for f in findings]}, indent=2
            )
        )
    else:
        for finding in findings:
            print(f"{'ok' if finding.works else 'NO':3} {finding.name}: {finding.words}")
            if finding.remedy:
                print(f"      → {finding.remedy}")
    return 0 if all(finding.works for finding in findings) else 1


async def _examine() -> list[Finding]:
    places = Places.here()
    settings, broken = load(places.settings_file)
    adapters = build_adapters()
    profile = settings.active_profile
    looks: Final[tuple[tuple[str, Callable[[], Awaitable[str]]], ...]] = (
        ("Python", _python),
        ("Sound", _sound),
        ("Opus", _opus),
        ("Keyring", lambda: _keyring(adapters, settings)),
        ("Rehearsal server", lambda: _rehearsal(adapters)),
    )
    findings = [Finding("Settings", broken is None, str(places.settings_file) if broken is None else broken.sentence)]
    try:
        for name, look in looks:
            findings.append(await _finding(name, look))
        if profile.door is not Door.REHEARSAL:
            findings.append(await _finding(f"Profile {profile.title}", lambda: _token(adapters, settings)))
    finally:
        await adapters.close()
    return findings


async def _finding(name: str, look: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return Finding(name, True, await look())
    except Trouble as trouble:
        return Finding(name, False, trouble.sentence, trouble.remedy)


async def _python() -> str:
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}"


async def _sound() -> str:
    catalog: Catalog = await asyncio.to_thread(SystemDevices().scan)
    for direction, devices in (("microphone", catalog.microphones), ("speaker", catalog.speakers)):
        if not devices:
            raise NoDevice(direction)
    return ", ".join(device.name for device in (*catalog.microphones, *catalog.speakers))


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


async def _token(adapters: Adapters, settings: Settings) -> str:
    profile = settings.active_profile
    if profile.door is Door.BROKER_PROXY:
        return "answers calls itself; only a call can try it"
    credential = await adapters.credentials.read(profile.credential_slot)
    grant = await adapters.tokens.mint(profile, credential)
    return f"gives a short-lived secret{' for ' + grant.model if grant.model else ''}"
