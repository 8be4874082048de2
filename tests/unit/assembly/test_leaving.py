"""C's ``exit`` under threads that are at work in PySide."""

import subprocess
import sys

import pytest

_EXIT_UNDER_THREADS = """
import ctypes, sys, threading
from PySide6.QtCore import QObject
from app.assembly.leaving import leave_without_tidying
leave_without_tidying()
sys.setswitchinterval(0.0005)
stay = [QObject() for _ in range(1000)]
def work():
    while True: QObject().objectName()
for _ in range(3): threading.Thread(target=work, daemon=True).start()
ctypes.CDLL(None).exit(3)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no display goes away under a window")
def test_it_ends_the_process_with_its_code_whatever_threads_do() -> None:
    for _ in range(8):  # three in four hang or crash without it
        ended = subprocess.run([sys.executable, "-c", _EXIT_UNDER_THREADS], check=False, timeout=20)
        assert ended.returncode == 3
