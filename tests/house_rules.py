"""Rules of this house that no general linter knows, each with its reason: `python -m tests.house_rules`.

Code is read as syntax trees, so that docstrings and comments may name what code may not use.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CODE = ("main.py", "app", "packaging")
EVERYWHERE = (*CODE, "tests")
MODULE_LINES = 300
FUNCTION_LINES = 60

# What may stay although a rule speaks against it, and why. An entry that allows nothing any more is a failure too.
ALLOWED = {
    ("app/conversation/troubles.py", "long-module"): "one family tree, and a word of help in each leaf",
    ("app/link/overrides/ice.py", "ownerless-task"): "awaited on the next line; a timeout would cancel it",
    ("app/link/overrides/sctp.py", "wall-clock"): "aiortc reads the time of sending back by that clock",
    ("app/link/webrtc.py", "ownerless-task"): "the link is the owner: one task, ended and awaited by close",
    ("app/link/websocket.py", "ownerless-task"): "the line is the owner: one task, ended and awaited by close",
    ("app/vault/ring.py", "blind-except"): "keyrings are plug-ins, and their errors could hold the secret",
}


Finder = Callable[[ast.Module], Iterator[ast.AST]]


@dataclass(frozen=True)
class Finding:
    """One place that breaks a rule."""

    path: str
    line: int
    rule: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.reason}"


@dataclass(frozen=True)
class CodeRule:
    """What a module's syntax tree must not hold; `homes` are the places where it belongs."""

    name: str
    reason: str
    find: Finder
    places: tuple[str, ...] = CODE
    homes: tuple[str, ...] = ()


@dataclass(frozen=True)
class TextRule:
    """What no line of any text file may hold."""

    name: str
    reason: str
    pattern: re.Pattern[str]


def _dotted(node: ast.AST) -> str:
    """`a.b.c` of a name or an attribute; what precedes the dots may be unknown and is a "?" then."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return "?"


def _names(*words: str) -> Finder:
    """Finds where one of the words is named: dotted words as a whole, single words also at the end of a dotted name."""

    def find(tree: ast.Module) -> Iterator[ast.AST]:
        for node in ast.walk(tree):
            found = set[str]()
            if isinstance(node, ast.ImportFrom):
                found = {name for alias in node.names for name in (alias.name, f"{node.module}.{alias.name}")}
            elif isinstance(node, ast.Name | ast.Attribute):
                found = {_dotted(node), _dotted(node).rpartition(".")[2]}
            if not found.isdisjoint(words):
                yield node

    return find


def _blind_handlers(tree: ast.Module) -> Iterator[ast.AST]:
    """Finds what catches everything and keeps it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and not isinstance(node.body[-1], ast.Raise):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(kind is None or _dotted(kind) in ("Exception", "BaseException") for kind in caught):
                yield node


def _ownerless_tasks(tree: ast.Module) -> Iterator[ast.AST]:
    """Finds tasks started on anything but a group opened in the same module, or one handed in under a telling name."""
    groups = {
        item.optional_vars.id
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncWith)
        for item in node.items
        if isinstance(item.optional_vars, ast.Name)
        and isinstance(item.context_expr, ast.Call)
        and _dotted(item.context_expr.func).endswith("TaskGroup")
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            *owners, called = _dotted(node.func).split(".")
            owner = owners[-1] if owners else ""
            if called == "create_task" and owner not in groups and not owner.endswith(("tasks", "group")):
                yield node


def _long_functions(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield node


CODE_RULES = (
    CodeRule(
        "slot-task",
        "qasync's decorators start tasks nobody owns: emit an intent and let the session loop act",
        _names("asyncSlot", "asyncClose"),
        EVERYWHERE,
    ),
    CodeRule(
        "ownerless-task",
        "only a TaskGroup (in a variable that ends in tasks or group) waits for a task and hears its errors",
        _ownerless_tasks,
    ),
    CodeRule("ensure-future", "starts a task nobody owns: use a TaskGroup", _names("ensure_future"), EVERYWHERE),
    CodeRule(
        "call-later",
        "a timer outlives its owner: wait with a deadline inside a task of the owner",
        _names("call_later"),
    ),
    CodeRule(
        "process-events",
        "runs other slots in the middle of this one: return to the event loop (tests wait with qtbot)",
        _names("processEvents"),
        EVERYWHERE,
    ),
    CodeRule(
        "wall-clock",
        "the wall clock jumps: measure with time.monotonic, name moments with an aware datetime",
        _names("time.time"),
        EVERYWHERE,
    ),
    CodeRule(
        "sound-default",
        "a global of sounddevice changes every stream: pass the setting to the stream",
        _names("sd.default", "sounddevice.default"),
        EVERYWHERE,
    ),
    CodeRule(
        "blind-except",
        "hides bugs: catch the trouble you can answer and let the rest out through the one door in assembly",
        _blind_handlers,
    ),
    CodeRule(
        "second-thread",
        "there are two loops, and app/assembly makes the session's thread",
        _names("QThread"),
        ("main.py", "app"),
        ("app/assembly",),
    ),
    CodeRule(
        "long-function",
        f"a function has at most {FUNCTION_LINES} lines: name its parts",
        _long_functions,
    ),
)

# Written so that this file does not hold what it forbids.
TEXT_RULES = (
    TextRule(
        "registry-host",
        "which package index serves the packages is for each machine's own configuration to say",
        re.compile(r"(pypi|pythonhosted|npmjs|anaconda|rubygems)\.(org|com)|crates\.io", re.IGNORECASE),
    ),
    TextRule(
        "machine-path",
        "exists on one machine only: derive the path, or use tmp_path",
        re.compile(r"(?<![\w.~}>-])/(work|home|root|Users)/"),
    ),
    TextRule(
        "left-over",
        "unfinished work belongs in an issue",
        re.compile(r"\b([T]ODO|[F]IXME|[X]XX)\b"),
    ),
)

TEXT_SUFFIXES = (
    ".py",
    ".md",
    ".toml",
    ".lock",
    ".desktop",
    ".yml",
    ".yaml",
    ".sh",
    ".svg",
    ".qss",
    ".gram",
    ".jsgf",
    "",
)
NOT_OURS = ("__pycache__", "build", "dist")


def findings(root: Path) -> list[Finding]:
    """Every place below `root` that breaks a rule, and every allowance that is not needed any more."""
    found = []
    for path in sorted(_files(root)):
        name = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8")
        found += check_text(name, text)
        if path.suffix == ".py":
            found += check_code(name, text)
    used = {(finding.path, finding.rule) for finding in found}
    stale = [
        Finding(path, 1, rule, "is allowed in tests/house_rules.py and does not happen any more: take the entry out")
        for path, rule in ALLOWED.keys() - used
    ]
    return [finding for finding in found if (finding.path, finding.rule) not in ALLOWED] + stale


def _files(root: Path) -> Iterator[Path]:
    for path in root.iterdir():
        if path.name in NOT_OURS or (path.name.startswith(".") and path.name != ".ci"):
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.suffix in TEXT_SUFFIXES:
            yield path


def check_text(name: str, text: str) -> list[Finding]:
    """What the text of the file called `name` breaks, whatever it is written in."""
    found = [
        Finding(name, number, rule.name, rule.reason)
        for number, line in enumerate(text.splitlines(), 1)
        for rule in TEXT_RULES
        if rule.pattern.search(line)
    ]
    lines = text.count("\n")
    if name.startswith("app/") and name.endswith(".py") and lines > MODULE_LINES:
        reason = f"{lines} lines; a module has at most {MODULE_LINES}: find the second thing it is about"
        found.append(Finding(name, 1, "long-module", reason))
    return found


def check_code(name: str, text: str) -> list[Finding]:
    """What the Python code of the file called `name` breaks."""
    tree = ast.parse(text, name)
    return [
        Finding(name, getattr(node, "lineno", 1), rule.name, rule.reason)
        for rule in CODE_RULES
        if _lies_in(name, rule.places) and not _lies_in(name, rule.homes)
        for node in rule.find(tree)
    ]


def _lies_in(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(f"{place}/") for place in places)


def main() -> int:
    """Print what breaks a rule; 1 if anything does."""
    found = findings(ROOT)
    for finding in found:
        print(finding)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
