"""The one error of the set-up."""


class SetupTrouble(Exception):
    """What went wrong and what the person can do about it, ready to be shown."""
