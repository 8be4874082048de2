"""What a checkup finds, and how it is told."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass

from app.conversation.troubles import Trouble

Look = Callable[[], Awaitable[str]]
"""Looks at one thing: says what is there, or raises the trouble with it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    name: str
    works: bool
    words: str
    """What is there, or what is wrong."""
    remedy: str = ""


async def finding(name: str, look: Look, remedy: str = "") -> Finding:
    """What a look says, or the trouble it met; ``remedy`` instead of the trouble's own where one knows better."""
    try:
        return Finding(name, True, await look())
    except Trouble as trouble:
        return Finding(name, False, trouble.sentence, remedy or trouble.remedy)


def tell(findings: Sequence[Finding], *, as_json: bool) -> int:
    """Print them; the exit code: 0 if everything works."""
    works = all(each.works for each in findings)
    if as_json:
        print(json.dumps({"ok": works, "findings": [asdict(each) for each in findings]}, indent=2))
        return 0 if works else 1
    for each in findings:
        print(f"{'ok' if each.works else 'NO':3} {each.name}: {f'{each.words} {each.remedy}'.rstrip()}")
    return 0 if works else 1
