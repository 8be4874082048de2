"""Planted secrets: what the broker, the keyring and the person entrusted is found nowhere afterwards."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.support.desktop import ROOT, App, Desktop
from tests.support.http_server import HttpServer, answer
from tests.support.listening_server import SECRET, listening_server
from tests.support.pulse import DESK_MICROPHONE, PulseBench
from tests.support.speech import say
from tests.whole.test_conversation import broker_settings, connect

CREDENTIAL = "planted-broker-credential-7f3a"
MAIN_KEY = "sk-planted-main-key-91c2"
SPOKEN = "what is the date"


def test_secrets_and_words_stay_out_of_files_and_output(desktop: Desktop, pulse: PulseBench, tmp_path: Path) -> None:
    desktop.keyring.run(f"import keyring; keyring.set_password('Parlance', 'profile:broker', '{CREDENTIAL}')")
    with listening_server() as server:
        app = desktop.start(broker_settings(server))
        connect(app)
        app.press_text("Message")
        app.type_text("my cat is called Ottokar")
        app.key("Return")
        app.wait(lambda: "response.create" in server.kinds(), "the words are sent")
        assert server.authorizations == [f"Bearer {CREDENTIAL}", f"Bearer {SECRET}"]
        assert app.close() == 0
    question = say(SPOKEN, tmp_path.parent / "question.wav")
    app = desktop.start()
    connect(app)
    with pulse.play(question, DESK_MICROPHONE):
        app.wait(lambda: any(row.startswith("Assistant: ") for row in app.rows), "the answer", 30)
    answered = app.rows[-1].removeprefix("Assistant: ")
    assert app.close() == 0
    assert_nowhere(desktop, CREDENTIAL, SECRET, "Ottokar", SPOKEN, answered[:20])


def test_a_broker_that_leaks_a_main_key_is_told_off_and_the_key_is_gone(desktop: Desktop) -> None:
    with HttpServer(answer(200, json.dumps({"value": MAIN_KEY}), content_type="application/json")) as broker:
        app = desktop.start(f'welcomed = true\nprofile = "broker"\n[profiles.broker]\nbroker_url = "{broker.url}"\n')
        app.press("Connect")
        app.wait(lambda: app.sees("The broker sent a main API key"), "the trouble is told")
        assert app.close() == 0
    assert_nowhere(desktop, MAIN_KEY)


def test_a_credential_in_the_environment_stays_there(desktop: Desktop, tmp_path: Path) -> None:
    with listening_server() as server:
        done = call(
            desktop,
            tmp_path,
            *("--broker", f"{server.url}/token", "--server", f"{server.url}/v1", "--for", "1", "--text", "Ottokar"),
        )
        assert done.returncode == 0, done.stderr
        assert server.authorizations == [f"Bearer {CREDENTIAL}", f"Bearer {SECRET}"]
    assert CREDENTIAL not in done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert_nowhere(desktop, CREDENTIAL, SECRET, "Ottokar")


def call(desktop: Desktop, folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(ROOT / "main.py"), "--verbose", "call", *words],
        env={**desktop.environment, "PARLANCE_HOME": str(folder / "call"), "PARLANCE_BROKER_CREDENTIAL": CREDENTIAL},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def assert_nowhere(desktop: Desktop, *planted: str) -> None:
    looked_at = [path for path in desktop.files() if os.access(path, os.R_OK)]
    assert any(path.suffix == ".log" for path in looked_at), "there is a log to look into"
    for path in looked_at:
        content = path.read_bytes()
        for secret in planted:
            assert secret.encode() not in content, f"{secret!r} in {path.name}"


def log_of(app: App) -> str:
    return "".join(path.read_text() for path in (app.home / "logs").iterdir())
