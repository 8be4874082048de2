"""``python -m app.servers.broker``: the broker on a server that has nothing else of Parlance."""

import argparse
import sys

from app.servers.broker.server import add_arguments, run_broker

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m app.servers.broker", description="Keep main keys on a server.")
    add_arguments(parser)
    sys.exit(run_broker(parser.parse_args()))
