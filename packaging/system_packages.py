"""Which system libraries and programs Parlance needs, what they are called, and how to install them.

Only Linux needs libraries: the wheels for macOS and Windows bring Qt's and PortAudio's libraries along.
The names for apt were tried on a bare Debian 12; those for dnf, pacman, zypper and brew are untried.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from setup_trouble import SetupTrouble

INSTALLERS = {
    # No removals: on a desktop with PipeWire, PulseAudio could push parts of it out.
    "apt-get": "apt-get install --yes --no-install-recommends --no-remove -o DPkg::Lock::Timeout=300",
    "dnf": "dnf install --assumeyes --setopt=install_weak_deps=False",
    "pacman": "pacman --sync --needed --noconfirm",
    "zypper": "zypper --non-interactive install --no-recommends",
    "brew": "brew install",
}
APT_LISTS = Path("/var/lib/apt/lists")

Probe = Callable[[], bool]


@dataclass(frozen=True)
class Need:
    """A thing the machine must have: how to see that it is there, and the packages that bring it."""

    name: str
    there: Probe
    packages: dict[str, str]


def library(soname: str) -> Probe:
    def loads() -> bool:
        from ctypes import CDLL

        try:
            CDLL(soname)
        except OSError:
            return False
        return True

    return loads


def program(name: str) -> Probe:
    return lambda: shutil.which(name) is not None


def file(*patterns: str) -> Probe:
    return lambda: any(next(Path("/").glob(pattern), None) for pattern in patterns)


def _ensurepip() -> bool:
    from importlib.util import find_spec

    return find_spec("ensurepip") is not None


def _rows(probe: Callable[[str], Probe], table: str) -> list[Need]:
    """Needs from lines of: soname or program, then its package for apt, dnf, pacman, zypper and brew ("-": none)."""
    needs = []
    for line in table.strip().splitlines():
        name, *packages = line.split()
        named = {manager: package for manager, package in zip(INSTALLERS, packages, strict=True) if package != "-"}
        needs.append(Need(name, probe(name), named))
    return needs


TO_RUN = [
    # Debian keeps this part of Python in a package of its own.
    Need("Python's ensurepip", _ensurepip, {"apt-get": f"python3.{sys.version_info.minor}-venv"}),
    *_rows(
        library,
        # What Qt's own libraries and its xcb and Wayland plugins ask for, then sound and the list of devices.
        """
        libGL.so.1               libgl1              mesa-libGL           mesa                 Mesa-libGL1          -
        libEGL.so.1              libegl1             mesa-libEGL          mesa                 Mesa-libEGL1         -
        libglib-2.0.so.0         libglib2.0-0        glib2                glib2                libglib-2_0-0        -
        libfontconfig.so.1       libfontconfig1      fontconfig           fontconfig           libfontconfig1       -
        libfreetype.so.6         libfreetype6        freetype             freetype2            libfreetype6         -
        libdbus-1.so.3           libdbus-1-3         dbus-libs            dbus                 libdbus-1-3          -
        libgssapi_krb5.so.2      libgssapi-krb5-2    krb5-libs            krb5                 krb5                 -
        libxkbcommon.so.0        libxkbcommon0       libxkbcommon         libxkbcommon         libxkbcommon0        -
        libxkbcommon-x11.so.0    libxkbcommon-x11-0  libxkbcommon-x11     libxkbcommon-x11     libxkbcommon-x11-0   -
        libxcb-cursor.so.0       libxcb-cursor0      xcb-util-cursor      xcb-util-cursor      libxcb-cursor0       -
        libxcb-icccm.so.4        libxcb-icccm4       xcb-util-wm          xcb-util-wm          libxcb-icccm4        -
        libxcb-image.so.0        libxcb-image0       xcb-util-image       xcb-util-image       libxcb-image0        -
        libxcb-keysyms.so.1      libxcb-keysyms1     xcb-util-keysyms     xcb-util-keysyms     libxcb-keysyms1      -
        libxcb-render-util.so.0  libxcb-render-util0 xcb-util-renderutil  xcb-util-renderutil  libxcb-render-util0  -
        libxcb-shape.so.0        libxcb-shape0       libxcb               libxcb               libxcb-shape0        -
        libwayland-cursor.so.0   libwayland-cursor0  libwayland-cursor    wayland              libwayland-cursor0   -
        libwayland-egl.so.1      libwayland-egl1     libwayland-egl       wayland              libwayland-egl1      -
        libportaudio.so.2        libportaudio2       portaudio            portaudio            libportaudio2        -
        libpulse.so.0            libpulse0           pulseaudio-libs      libpulse             libpulse0            -
        """,
    ),
    # PortAudio speaks to PulseAudio and PipeWire only through this plugin of ALSA.
    Need(
        "ALSA's pulse plugin",
        file(*(f"usr/lib{where}/alsa-lib/libasound_module_pcm_pulse.so" for where in ("", "64", "/*"))),
        {
            "apt-get": "libasound2-plugins",
            "dnf": "alsa-plugins-pulseaudio",
            "pacman": "alsa-plugins",
            "zypper": "alsa-plugins-pulse",
        },
    ),
]

TO_TEST = [
    *TO_RUN,
    *_rows(
        program,
        """
        Xvfb                   xvfb                xorg-x11-server-Xvfb  xorg-server-xvfb    xorg-x11-server-Xvfb  -
        openbox                openbox             openbox               openbox             openbox               -
        xdotool                xdotool             xdotool               xdotool             xdotool               -
        wmctrl                 wmctrl              wmctrl                wmctrl              wmctrl                -
        pcmanfm                pcmanfm             pcmanfm               pcmanfm             pcmanfm               -
        xmessage               x11-utils           xmessage              xorg-xmessage       xmessage              -
        desktop-file-validate  desktop-file-utils  desktop-file-utils    desktop-file-utils  desktop-file-utils    -
        gio                    libglib2.0-bin      glib2                 glib2               glib2-tools           -
        pulseaudio             pulseaudio          pulseaudio            pulseaudio          pulseaudio            -
        pactl                  pulseaudio-utils    pulseaudio-utils      libpulse            pulseaudio-utils      -
        trayer                 trayer              trayer                trayer              trayer                -
        dbus-daemon            dbus                dbus-daemon           dbus                dbus-1-daemon         -
        gnome-keyring-daemon   gnome-keyring       gnome-keyring         gnome-keyring       gnome-keyring         -
        import                 imagemagick         ImageMagick           imagemagick         ImageMagick           -
        redis-server           redis-server        redis                 redis               redis                 redis
        chromium               chromium            chromium              chromium            chromium              -
        """,
    ),
    *_rows(
        program,
        """
        espeak-ng  espeak-ng  espeak-ng  espeak-ng  espeak-ng  espeak-ng
        """,
    ),
    Need(
        "the desktop portal",
        file("usr/libexec/xdg-desktop-portal", "usr/lib/xdg-desktop-portal"),
        dict.fromkeys(("apt-get", "dnf", "pacman", "zypper"), "xdg-desktop-portal"),
    ),
    Need(
        "the accessibility bus",
        file("usr/libexec/at-spi-bus-launcher", "usr/lib/at-spi*/at-spi-bus-launcher", "usr/lib/at-spi-bus-launcher"),
        dict.fromkeys(("apt-get", "dnf", "pacman", "zypper"), "at-spi2-core"),
    ),
    Need(
        "pyatspi for the system's Python",
        file("usr/lib/python3*/*-packages/pyatspi"),
        {
            "apt-get": "python3-pyatspi",
            "dnf": "python3-pyatspi",
            "pacman": "python-atspi",
            "zypper": "python3-atspi",
        },
    ),
]


TO_TEST_PIPEWIRE = _rows(
    program,
    """
    pipewire        pipewire        -  -  -  -
    wireplumber     wireplumber     -  -  -  -
    pipewire-pulse  pipewire-pulse  -  -  -  -
    """,
)
"""Only where nothing would start them: on a desktop they could take the place of the sound server that is in use."""
SYSTEMD = Path("/run/systemd/system")


def missing_for(purpose: str) -> list[Need]:
    """What "run" or "test" needs and this machine lacks."""
    wanted = TO_TEST if purpose == "test" else TO_RUN
    if purpose == "test" and shutil.which("apt-get") and not SYSTEMD.exists():
        wanted = [*wanted, *TO_TEST_PIPEWIRE]
    if sys.platform != "linux":
        wanted = [need for need in wanted if "brew" in need.packages]
    return [need for need in wanted if not need.there()]


def provide(purpose: str, *, dry: bool) -> None:
    """Install what "run" or "test" needs and the machine lacks, having said so.

    What cannot be installed for want of a known package manager or a package's name is said, and no reason to stop:
    a machine may be complete without it.
    Raises SetupTrouble if the package manager fails or may not be used.
    """
    missing = missing_for(purpose)
    manager = next((name for name in INSTALLERS if shutil.which(name)), "")
    unnamed = [need.name for need in missing if manager not in need.packages]
    if unnamed:
        reason = f"{manager} has no package known to this program" if manager else "no known package manager is here"
        print(f"Missing, and {reason}; if Parlance does not start, install: {', '.join(unnamed)}", flush=True)
    packages = sorted({need.packages[manager] for need in missing if manager in need.packages})
    if packages:
        _install(manager, packages, dry=dry)


def _install(manager: str, packages: list[str], *, dry: bool) -> None:
    install = _as_administrator(manager, [*INSTALLERS[manager].split(), *packages])
    print(f"{'Would install' if dry else 'Installing'} with {manager}:", *packages, flush=True)
    if dry:
        return
    if install[0] == "sudo" and not shutil.which("sudo"):
        raise SetupTrouble(
            "This needs an administrator, and there is no sudo. Have this run, then start the same again:\n  "
            + shlex.join(install[1:])
        )
    if manager != "apt-get":
        succeeded = _succeeds(install)
    else:
        # A machine that never fetched the package lists needs them first, one with old lists after a failure.
        update = _as_administrator(manager, ["apt-get", "update"])
        fresh = any(APT_LISTS.glob("*_Packages*"))
        succeeded = (fresh and _succeeds(install)) or (_succeeds(update) and _succeeds(install))
    if not succeeded:
        raise SetupTrouble(
            f"{manager} could not install the packages; its reason stands above. "
            "Mend that and start the same command again, or go on without them with --no-system."
        )


def _as_administrator(manager: str, command: list[str]) -> list[str]:
    if manager == "apt-get":  # sudo drops the environment, so the setting travels in the command
        command = ["env", "DEBIAN_FRONTEND=noninteractive", *command]
    return command if manager == "brew" or os.geteuid() == 0 else ["sudo", *command]


def _succeeds(command: list[str]) -> bool:
    import subprocess

    return subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode == 0
