"""Runs a module as it would run where only Parlance is installed: ``python -m tests.bench.as_installed MODULE …``.

httpx imports a command line of its own if it finds rich, which comes along with the tools of the tests: 6 MB and 40 ms
that nobody has who uses Parlance.
"""

import runpy
import sys

if __name__ == "__main__":
    sys.modules["rich"] = None  # type: ignore[assignment]  # the documented way to make an import fail
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
