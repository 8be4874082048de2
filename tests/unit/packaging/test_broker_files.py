"""What lies in packaging/broker agrees with the broker."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from packaging.requirements import Requirement

from app.servers.broker.config.reading import read_settings

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "packaging" / "broker"
LOCK = (FOLDER / "requirements.lock").read_text()


def test_the_example_is_valid() -> None:
    settings = read_settings(FOLDER / "broker.toml", {})
    assert set(settings.policies) == {"default", "guests"}
    assert "sk-" not in (FOLDER / "broker.toml").read_text()


def test_the_operators_page_names_every_setting() -> None:
    page = (ROOT / "app/servers/broker/OPERATING.md").read_text()
    source = (ROOT / "app/servers/broker/config/settings.py").read_text()
    names = re.findall(r"^    (\w+): .* = setting\(", source, flags=re.MULTILINE)
    assert len(names) > 60
    assert [name for name in names if name not in page and name not in ("key", "listed")] == []


def test_the_operators_page_names_every_code() -> None:
    page = (ROOT / "app/servers/broker/OPERATING.md").read_text()
    source = "\n".join(file.read_text() for file in (ROOT / "app/servers/broker").rglob("*.py"))
    codes = set(re.findall(r'Refusal\(\s*\d{3},\s*"(\w+)"', source)) | set(re.findall(r'= "(upstream_\w+)"', source))
    assert len(codes) > 20
    assert [code for code in sorted(codes - {"internal_error"}) if code not in page] == []


def test_the_lock_has_what_the_extra_wants_and_nothing_of_the_desktop() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", LOCK, flags=re.MULTILINE))
    for line in project["optional-dependencies"]["broker"]:
        wanted = Requirement(line)
        assert wanted.specifier.contains(pins[wanted.name.lower()]), line
    assert not {"pyside6-essentials", "aiortc", "av", "numpy", "keyring"} & pins.keys()
    assert len(re.findall(r"^[a-z0-9-]+==.*\n +--hash=sha256:", LOCK, flags=re.MULTILINE)) == len(pins)


def test_the_compose_file_names_settings_that_are() -> None:
    told = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    services = told["services"]
    assert {"broker-1", "broker-2", "redis", "proxy"} == services.keys()
    given = {name: re.sub(r"\$\{\w+:[^}]*}", "x", text) for name, text in services["broker-1"]["environment"].items()}
    settings = read_settings(FOLDER / "broker.toml", given)
    assert settings.redis.url
    assert settings.server.trusted_proxies == (told["networks"]["front"]["ipam"]["config"][0]["subnet"],)
    assert settings.upstream.key_file == "/run/secrets/key"
    assert settings.tokens.file == "/run/secrets/tokens"
    assert settings.server.drain_notice_s > 0
    assert services["broker-1"]["read_only"] is True
    assert "ports" not in services["broker-1"]
    assert "ports" not in services["redis"]


def test_what_the_container_copies_is_enough(tmp_path: Path) -> None:
    """The broker starts with these files alone, and without the libraries of the desktop app."""
    for line in (FOLDER / "Containerfile").read_text().splitlines():
        if line.startswith("COPY") and "--from" not in line and "requirements.lock" not in line:
            *sources, target = line.split()[1:]
            place = tmp_path / target.removeprefix("/opt/parlance/")
            for source in sources:
                if (ROOT / source).is_dir():
                    shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    to = place / Path(source).name if target.endswith("/") else place
                    to.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(ROOT / source, to)
    code = (
        "import sys, app.servers.broker.__main__\n"
        "heavy = {'PySide6', 'aiortc', 'av', 'numpy', 'keyring', 'sounddevice'} & sys.modules.keys()\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze on this machine")
def test_the_unit_is_hardened(tmp_path: Path) -> None:
    unit = tmp_path / "parlance-broker.service"
    unit.write_text(
        (FOLDER / "parlance-broker.service").read_text().replace("/opt/parlance/.venv/bin/python", "/bin/sh")
    )
    checked = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)],
        capture_output=True,
        text=True,
        check=False,
        env={"SYSTEMD_PAGER": "", "PATH": "/usr/bin:/bin"},
    )
    assert checked.returncode == 0, checked.stdout[-500:]
