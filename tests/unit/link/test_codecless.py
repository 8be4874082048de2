"""aiortc in a process of its own, as the app imports it; in this one it has its codecs."""

import subprocess
import sys

import pytest


def said_by(code: str) -> str:
    answer = subprocess.run(
        [sys.executable, "-c", "import sys\nfrom app.link.codecless import import_aiortc\n" + code],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return answer.stdout.strip()


def test_a_session_does_without_ffmpeg() -> None:
    code = "import_aiortc()\nimport app.assembly.session_life\nprint('aiortc' in sys.modules, 'av' in sys.modules)"
    assert said_by(code) == "True False"


def test_a_link_is_made_without_codecs() -> None:
    code = (
        "import_aiortc()\n"
        "import asyncio\n"
        "from app.link.webrtc import WebRtcLink\n"
        "class Deaf:\n"
        "    def __getattr__(self, name): return print\n"
        "async def offered():\n"
        "    link = WebRtcLink(Deaf(), print)\n"
        "    print('opus/48000' in await link.offer())\n"
        "    await link.close()\n"
        "asyncio.run(offered())"
    )
    assert said_by(code) == "True"


def test_pyav_is_whole_for_whoever_imports_it_afterwards() -> None:
    code = (
        "import_aiortc()\n"
        "from app.devices.resample import BlockResampler\n"
        "import numpy\n"
        "blocks = BlockResampler(44100, 48000, 480).push(numpy.zeros(4410, 'i2'))\n"
        "print(len(blocks) > 5, len(blocks[0]))"
    )
    assert said_by(code) == "True 480"


@pytest.mark.parametrize("first", ["aiortc", "av"])
def test_what_is_imported_already_stays_as_it_is(first: str) -> None:
    code = f"import {first}\nbefore = sys.modules['av']\nimport_aiortc()\nprint(sys.modules['av'] is before)"
    assert said_by(code) == "True"
