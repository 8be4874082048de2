"""Start Parlance: ``python main.py`` opens the window, ``python main.py --help`` tells the rest."""

import sys


def run() -> int:
    """The exit code. Without the libraries it says which command installs them."""
    try:
        from app.cli import main

        return main(sys.argv[1:])
    except ImportError as missing:
        if (missing.name or "").startswith("app."):
            raise
        print(
            f"Parlance cannot start: {missing}. Run this once, it installs what is missing: "
            "python3 packaging/bootstrap.py run",
            file=sys.stderr,
        )
        return 1


if __name__ == "__main__":
    sys.exit(run())
