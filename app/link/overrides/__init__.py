"""Everything in Parlance that leans on private parts of aiortc and aioice, and only that.

Both versions are pinned, here and in pyproject.toml. Each override says what, why and until when; each has a test in
tests/unit/link/overrides that fails when the code under it changes. All of it is done by subclassing, for our own
connections alone: whoever else uses aiortc in this process gets it as it is.

The layers of a call are aiortc's own, used one by one as in ORTC, without RTCPeerConnection: that one starts tasks
nobody owns, decodes sound in a thread behind a jitter buffer that never recovers from a loss, offers Opus without
in-band FEC, and has no seams: each change would be a patch of a name-mangled attribute.

    ice.IceAgent (aioice.Connection) ── dtls.DtlsPath ── dtls.Dtls (RTCDtlsTransport) ── sctp.Sctp (RTCSctpTransport)
"""

from typing import Final

import aioice
import aiortc

AIORTC_VERSION: Final = "1.16.0"
AIOICE_VERSION: Final = "0.13.0"


def demand_versions(aiortc_version: str, aioice_version: str) -> None:
    """Refuse other versions than those the overrides were written against; raises RuntimeError."""
    pairs = {"aiortc": (aiortc_version, AIORTC_VERSION), "aioice": (aioice_version, AIOICE_VERSION)}
    for name, (found, wanted) in pairs.items():
        if found != wanted:
            raise RuntimeError(
                f"{name} {found} is installed, but app/link/overrides is written for {wanted}. "
                f"Run “python3 packaging/bootstrap.py run” to install the right one."
            )


demand_versions(aiortc.__version__, aioice.__version__)
