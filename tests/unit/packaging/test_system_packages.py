"""System packages, against package managers that write down how they were called."""

import os
from pathlib import Path

import pytest

import system_packages
from setup_trouble import SetupTrouble
from system_packages import Need

WANTED = [
    Need("libhere.so", lambda: True, dict.fromkeys(system_packages.INSTALLERS, "here")),
    Need("libgone.so", lambda: False, dict.fromkeys(system_packages.INSTALLERS, "gone")),
]


class Machine:
    """A machine with the named programs and no others."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._log = directory / "calls"
        self._programs = directory / "programs"
        self._programs.mkdir()
        monkeypatch.setenv("PATH", f"{self._programs}")
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        monkeypatch.setattr(system_packages, "TO_RUN", WANTED)
        monkeypatch.setattr(system_packages, "APT_LISTS", directory / "lists")
        self.add("env", then='shift; exec "$@"')

    def add(self, program: str, then: str = "") -> None:
        """Give it a program that does something after it has noted the call."""
        script = self._programs / program
        script.write_text(f'#!/bin/sh\necho "{program} $*" >>"{self._log}"\n{then}\n')
        script.chmod(0o755)

    def fetch_lists(self) -> None:
        """Let it look as if apt had its package lists."""
        system_packages.APT_LISTS.mkdir()
        (system_packages.APT_LISTS / "mirror_main_Packages.lz4").write_text("")

    @property
    def calls(self) -> list[str]:
        """How its programs were called, without the detour that sets a variable."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [line for line in lines if not line.startswith("env ")]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine without any package manager, and oneself its administrator."""
    return Machine(tmp_path, monkeypatch)


def test_complete_machines_are_left_alone(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.add("apt-get")
    monkeypatch.setattr(system_packages, "TO_RUN", WANTED[:1])

    system_packages.provide("run", dry=False)

    assert machine.calls == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("manager", list(system_packages.INSTALLERS))
def test_installs_only_what_is_missing_and_says_it_before(
    manager: str, machine: Machine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.fetch_lists()
    machine.add(manager, then="echo working")

    system_packages.provide("run", dry=False)

    assert machine.calls == [f"{system_packages.INSTALLERS[manager]} gone"]
    assert capfd.readouterr().out == f"Installing with {manager}: gone\nworking\n"


def test_dry_run_installs_nothing(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.add("apt-get")

    system_packages.provide("run", dry=True)

    assert machine.calls == []
    assert capsys.readouterr().out == "Would install with apt-get: gone\n"


def test_apt_without_lists_fetches_them_first(machine: Machine) -> None:
    machine.add("apt-get")

    system_packages.provide("run", dry=False)

    assert [call.split()[1] for call in machine.calls] == ["update", "install"]


def test_apt_with_old_lists_fetches_them_and_tries_again(machine: Machine, tmp_path: Path) -> None:
    machine.fetch_lists()
    machine.add("apt-get", then=f'[ "$1" = update ] && : >"{tmp_path}/fresh"; [ -e "{tmp_path}/fresh" ]')

    system_packages.provide("run", dry=False)

    assert [call.split()[1] for call in machine.calls] == ["install", "update", "install"]


def test_a_failure_names_the_way_on(machine: Machine) -> None:
    machine.add("dnf", then="exit 1")

    with pytest.raises(SetupTrouble, match=r"dnf could not install.*--no-system"):
        system_packages.provide("run", dry=False)


def test_sudo_only_when_not_root(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    machine.fetch_lists()
    machine.add("apt-get")
    machine.add("sudo", then='exec "$@"')

    system_packages.provide("run", dry=False)

    assert [call.split()[0] for call in machine.calls] == ["sudo", "apt-get"]
    assert machine.calls[0].startswith("sudo env DEBIAN_FRONTEND=noninteractive apt-get install ")


def test_without_sudo_the_command_is_told(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    machine.add("pacman")

    with pytest.raises(SetupTrouble, match=r"pacman --sync --needed --noconfirm gone$"):
        system_packages.provide("run", dry=False)

    assert machine.calls == []


def test_brew_never_gets_sudo(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    machine.add("brew")

    system_packages.provide("run", dry=False)

    assert machine.calls == ["brew install gone"]


def test_without_a_package_manager_it_says_what_is_missing_and_goes_on(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    system_packages.provide("run", dry=False)

    assert "libgone.so" in capsys.readouterr().out
    assert machine.calls == []


def test_sees_libraries_programs_and_files(tmp_path: Path) -> None:
    assert system_packages.library("libc.so.6")()
    assert not system_packages.library("libparlance-never-was.so.6")()
    assert system_packages.program("sh")()
    assert not system_packages.program("parlance-never-was")()
    (tmp_path / "there").touch()
    assert system_packages.file(f"{tmp_path}/gone".lstrip("/"), f"{tmp_path}/th*".lstrip("/"))()
    assert not system_packages.file(f"{tmp_path}/gone".lstrip("/"))()


def test_every_need_has_a_name_on_every_linux() -> None:
    linux = set(system_packages.INSTALLERS) - {"brew"}
    incomplete = [need.name for need in system_packages.TO_TEST if not linux <= need.packages.keys()]

    assert incomplete == ["Python's ensurepip"]  # a package of its own on Debian alone


@pytest.mark.parametrize(("has_systemd", "is_wanted"), [(False, True), (True, False)])
def test_pipewire_is_installed_for_tests_only_where_nothing_would_start_it(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, has_systemd: bool, is_wanted: bool
) -> None:
    machine.add("apt-get")
    monkeypatch.setattr(system_packages, "TO_TEST", WANTED)
    monkeypatch.setattr(system_packages, "SYSTEMD", tmp_path if has_systemd else tmp_path / "none")

    missing = {need.name for need in system_packages.missing_for("test")}

    assert ("pipewire-pulse" in missing) is is_wanted
    assert "pipewire-pulse" not in {need.name for need in system_packages.missing_for("run")}
