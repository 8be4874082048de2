import plistlib
import subprocess
from pathlib import Path

import pytest

from app.conversation.troubles import SettingsUnwritable
from app.desktop.autostart import start_at_login

ID = "io.example.App"


def test_an_entry_is_put_into_the_autostart_folder_and_taken_out(tmp_path: Path) -> None:
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    entry = tmp_path / "autostart" / f"{ID}.desktop"
    command = ["/opt/my apps/python", "main.py", "--hidden", '100% "sure"']
    start_at_login(True, ID, command, environ, "linux")
    assert 'Exec="/opt/my apps/python" "main.py" "--hidden" "100%% \\"sure\\""\n' in entry.read_text()
    subprocess.run(["desktop-file-validate", entry], check=True)
    start_at_login(False, ID, command, environ, "linux")
    assert not entry.exists()
    start_at_login(False, ID, command, environ, "linux")


def test_without_a_configuration_folder_it_is_in_the_home(tmp_path: Path) -> None:
    start_at_login(True, ID, ["parlance"], {"HOME": str(tmp_path)}, "linux")
    assert (tmp_path / ".config" / "autostart" / f"{ID}.desktop").exists()


def test_a_mac_gets_a_launch_agent(tmp_path: Path) -> None:
    start_at_login(True, ID, ["python", "main.py"], {"HOME": str(tmp_path)}, "darwin")
    agent = plistlib.loads((tmp_path / "Library" / "LaunchAgents" / f"{ID}.plist").read_bytes())
    assert (agent["Label"], agent["ProgramArguments"]) == (ID, ["python", "main.py"])


def test_a_folder_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "autostart").write_text("")
    with pytest.raises(SettingsUnwritable):
        start_at_login(True, ID, ["parlance"], {"XDG_CONFIG_HOME": str(tmp_path)}, "linux")
