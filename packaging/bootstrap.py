"""Sets Parlance up on this machine and starts it; needs nothing but Python itself.

    python3 packaging/bootstrap.py run        # install what is missing, then open the window
    python3 packaging/bootstrap.py test       # install what is missing, then run all checks and tests
    python3 packaging/bootstrap.py install    # put Parlance into the applications menu
    python3 packaging/bootstrap.py uninstall  # take it out again

This file stays readable for old Pythons, so that they can say in a sentence what is wrong; the work is done beside it.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - whoever reads this message has an older one
    sys.exit(
        "Parlance needs Python 3.11 or newer and this is %d.%d: "  # noqa: UP031 - so that even Python 2 says it
        "install a newer one and start this with it, for example as python3.11." % sys.version_info[:2]
    )

from setup_commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
