"""Whether the heart's tests would notice: ``python -m tests.bench.mutants [NAME …]``.

Each mutant is one small change of ``app/conversation`` that somebody could make by mistake. It is made in a copy of the
tree, where the heart's unit and property tests run until the first failure: a mutant that nobody notices has survived.
Exit code 1 if one has, or if a text to be changed is not there any more.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
TESTS: Final = ("tests/unit/conversation", "tests/property/test_heart.py")
COPIED: Final = ("app", "tests", "pyproject.toml")
RUN_LIMIT_S: Final = 120
AT_A_TIME: Final = 2


@dataclass(frozen=True)
class Mutant:
    """In that module, this text instead of the one that stands there once."""

    name: str
    module: str
    original: str
    mutated: str


MUTANTS: Final = (
    Mutant(
        "an event of another response counts",
        "heart",
        "return bool(state.response_id) and response.id != state.response_id",
        "return False",
    ),
    Mutant("a deadline is never forgotten", "heart", "        step.forget_past_deadlines()\n", "        pass\n"),
    Mutant(
        "the talk key works while hanging up", "heart", "link not in (Link.DOWN, Link.CLOSING)", "link is not Link.DOWN"
    ),
    Mutant(
        "a new conversation keeps the old page",
        "heart",
        "step.state, transcript=Transcript(), notice",
        "step.state, notice",
    ),
    Mutant(
        "hanging up is not heard while opening",
        "machines",
        "(Link.OPENING, did.DisconnectRequested): Link.CLOSING",
        "(Link.OPENING, did.DisconnectRequested): Link.OPENING",
    ),
    Mutant(
        "a loss while configuring is not seen",
        "machines",
        "(Link.CONFIGURING, did.LinkEnded): Link.DOWN",
        "(Link.CONFIGURING, did.LinkEnded): Link.CONFIGURING",
    ),
    Mutant(
        "a cancelled response never ends",
        "machines",
        "(Response.CANCELLING, said.ResponseDone): Response.NONE",
        "(Response.CANCELLING, said.ResponseDone): Response.CANCELLING",
    ),
    Mutant(
        "dropped sound stays dropped",
        "machines",
        "(Sound.DROPPED, said.ResponseCreated): Sound.QUIET",
        "(Sound.DROPPED, said.ResponseCreated): Sound.DROPPED",
    ),
    Mutant(
        "a successor that failed is not forgotten",
        "machines",
        "(Successor.READY, did.LinkEnded): Successor.NONE",
        "(Successor.READY, did.LinkEnded): Successor.READY",
    ),
    Mutant(
        "every trouble is worth a try", "linking", "trouble is not None and trouble.retryable", "trouble is not None"
    ),
    Mutant(
        "a first connection is tried again", "linking", "wanted = before.begun and before.link", "wanted = before.link"
    ),
    Mutant("it never gives up", "linking", "if step.state.tries >= MOST_TRIES:", "if False:"),
    Mutant("Retry-After is not honoured", "linking", "asked_for_s or 0.0)", "0.0)"),
    Mutant("the wait does not grow", "linking", "FIRST_RETRY_S * 2.0 ** min(tries, 10)", "FIRST_RETRY_S"),
    Mutant(
        "silence is not held on the way up",
        "linking",
        "step.order(do.OpenSound(), do.HoldSilence(held=True))",
        "step.order(do.OpenSound())",
    ),
    Mutant("silence is held for ever", "linking", "    step.order(do.HoldSilence(held=False))\n", ""),
    Mutant(
        "an owed answer is not asked for",
        "linking",
        "reply_wanted=step.state.reply_wanted or (owed and not state.comes_again)",
        "reply_wanted=step.state.reply_wanted",
    ),
    Mutant("a turn that is said again is answered twice", "linking", "(owed and not state.comes_again)", "owed"),
    Mutant(
        "a held key is let go by a loss",
        "linking",
        "keeps_turn = state.plan.push_to_talk and",
        "keeps_turn = False and",
    ),
    Mutant("an expired session is the end", "linking", "link=Link.CLOSING, connect_again=True)", "link=Link.CLOSING)"),
    Mutant(
        "the context is not restored",
        "linking",
        "if step.state.plan.restores else ()\n    results",
        "if False else ()\n    results",
    ),
    Mutant(
        "nothing is said again after a loss",
        "linking",
        "leave_session(step, doubt_s=DEAD_LINE_S)",
        "leave_session(step, doubt_s=None)",
    ),
    Mutant("copies are rows", "recording", "    if _is_copy(event):\n        return transcript\n", ""),
    Mutant(
        "a long sentence is said again in part",
        "salvage",
        "    known += [entry.started_s - ONSET_S for entry in lost]\n",
        "",
    ),
    Mutant("answered turns are said again", "salvage", "(entry.text and not answering)", "False"),
    Mutant(
        "rows of a dead session wait for ever",
        "salvage",
        "            transcript = transcript.failed(entry.id)\n",
        "            pass\n",
    ),
    Mutant("more is said again than there is", "salvage", "min(again_s, SAID_AGAIN_S)", "again_s"),
    Mutant(
        "a turn given to a dead line is not given again",
        "salvage",
        "return Turn.TAILING if _key_turn_is_open(state, lost) else Turn.IDLE",
        "return Turn.IDLE",
    ),
    Mutant(
        "two successors at once",
        "handover",
        "did.NetworkChanged() if step.state.link is Link.LIVE and step.state.successor is Successor.NONE",
        "did.NetworkChanged() if step.state.link is Link.LIVE",
    ),
    Mutant(
        "the conversation moves in the middle of a word",
        "handover",
        "    if not state.is_quiet:\n        step.await_until(adopt_at_s=None)\n    elif",
        "    if",
    ),
    Mutant(
        "a short hand-over waits for ever for a quiet moment",
        "handover",
        "        step.state = replace(step.state, hurry=True)\n",
        "        pass\n",
    ),
    Mutant(
        "a failed successor is not tried again",
        "handover",
        "rollover_at_s=step.now_s + RETRY_S, ready_by_s=None, adopt_at_s=None",
        "adopt_at_s=None",
    ),
    Mutant(
        "an interruption keeps the reply owing",
        "interruption",
        "    step.state = replace(step.state, reply_wanted=False)\n",
        "",
    ),
    Mutant(
        "an interruption before the id is forgotten",
        "interruption",
        "cancel_when_created=True",
        "cancel_when_created=False",
    ),
    Mutant(
        "two responses at once",
        "replies",
        "and state.link is Link.LIVE and state.response is Response.NONE:",
        "and state.link is Link.LIVE:",
    ),
    Mutant(
        "thinking lasts for ever",
        "replies",
        "        step.await_until(reply_by_s=step.now_s + REPLY_LIMIT_S)\n\n\ndef _failure",
        "        pass\n\n\ndef _failure",
    ),
    Mutant(
        "a refused response is not asked for again",
        "replies",
        'response=Response.ACTIVE, response_id="", reply_wanted=True',
        'response=Response.ACTIVE, response_id=""',
    ),
    Mutant(
        "the voice is reminded again and again",
        "replies",
        "    step.state = replace(step.state, voice_doubted=False)\n",
        "",
    ),
    Mutant("a function runs twice", "tooling", "if call.call_id in step.state.called or not", "if not"),
    Mutant(
        "an answer before all functions are done",
        "replies",
        "state.reply_wanted and not state.running",
        "state.reply_wanted",
    ),
    Mutant("a slip of the key is sent", "turns", "< SHORTEST_HOLD_S:", "< 0.0:"),
    Mutant("muted words are committed", "turns", "    elif step.state.muted:\n", "    elif False:\n"),
    Mutant(
        "turn detection is not given back",
        "turns",
        "step.order(do.Send(ask.SessionUpdate(session=step.state.plan.planned_turns)))",
        "pass",
    ),
    Mutant("the cap does not hold", "economy", "if meter.is_over and", "if False and"),
    Mutant(
        "nobody is asked whether they are still there",
        "economy",
        "step.await_until(idle_warning_s=end_s - WARNING_S, idle_end_s=end_s)",
        "step.await_until(idle_end_s=end_s)",
    ),
    Mutant(
        "deltas are added to a final text",
        "transcript",
        "entry is None or entry.closed or entry.finished or entry.heard_characters",
        "entry is None or entry.finished or entry.heard_characters",
    ),
    Mutant(
        "rows stand in the order of arrival",
        "transcript",
        "_ordered(entries) if reorder else self.order",
        "tuple(entries) if reorder else self.order",
    ),
    Mutant("the context has no limit", "context", "        if budget_tokens < 0:\n            break\n", ""),
)


def outcome(mutant: Mutant, tree: Path) -> str:
    """``killed``, ``survived``, or why it could not be tried. ``tree`` is a copy that nobody else uses now."""
    path = tree / "app" / "conversation" / f"{mutant.module}.py"
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.original) != 1:
        return f"not there: its text stands {text.count(mutant.original)} times in {mutant.module}.py"
    path.write_text(text.replace(mutant.original, mutant.mutated), encoding="utf-8")
    try:
        code = _tested(tree)
    except subprocess.TimeoutExpired:
        return "killed (it hangs)"
    finally:
        path.write_text(text, encoding="utf-8")
    return {0: "survived", 1: "killed"}.get(code, f"not tried: pytest ended with {code}")


def _tested(tree: Path) -> int:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "QT_QPA_PLATFORM": "offscreen"}
    command = (sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *TESTS)
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, timeout=RUN_LIMIT_S, check=False)
    return done.returncode


def _copy(folder: Path) -> Path:
    for name in COPIED:
        there = ROOT / name
        if there.is_dir():
            shutil.copytree(there, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(there, folder / name)
    return folder


def run(names: list[str]) -> int:
    """Try all of these, or all there are; the exit code."""
    chosen = [each for each in MUTANTS if not names or each.name in names]
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        trees = [_copy(Path(folder, str(number))) for number in range(AT_A_TIME)]
        if (code := _tested(trees[0])) != 0:
            print(f"The tests fail without any mutant (pytest ended with {code}).")
            return 1
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            # Each worker has a tree of its own: one half of the mutants each.
            parts = [pool.submit(_try_all, chosen[at::AT_A_TIME], tree) for at, tree in enumerate(trees)]
            outcomes = [each for part in parts for each in part.result()]
    killed = sum(told.startswith("killed") for _, told in outcomes)
    print(f"{killed} of {len(outcomes)} killed in {time.monotonic() - began_s:.0f} s")
    return 0 if killed == len(outcomes) else 1


def _try_all(mutants: list[Mutant], tree: Path) -> list[tuple[Mutant, str]]:
    outcomes = []
    for mutant in mutants:
        outcomes.append((mutant, outcome(mutant, tree)))
        print(f"{outcomes[-1][1]:>9}  {mutant.module}: {mutant.name}", flush=True)
    return outcomes


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Try the heart's tests on mutants.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    raise SystemExit(run(parser.parse_args().names))
