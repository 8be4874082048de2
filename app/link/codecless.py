"""aiortc without its codecs.

What: PyAV is hollow while aiortc is imported. Why: aiortc's codecs bring FFmpeg along, 15 MB of it, and nothing on
Parlance's path uses them. Until: aiortc imports PyAV where it codes. aiortc is pinned; test_codecless.py fails when it
asks more of PyAV at import than names.
"""

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Final

_PYAV: Final = "av"


def import_aiortc() -> None:
    """Import it without FFmpeg, for a process that codes by itself; without effect where it is imported already.

    Whoever imports PyAV afterwards gets the whole of it.
    """
    if "aiortc" in sys.modules or _PYAV in sys.modules:
        return
    finder = _HollowFinder()
    sys.meta_path.insert(0, finder)
    try:
        import aiortc  # noqa: F401  # for what it leaves in sys.modules
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if _is_pyav(name)]:
            del sys.modules[name]


def _is_pyav(name: str) -> bool:
    return name.partition(".")[0] == _PYAV


class _Hollow(ModuleType):
    """Has whatever is imported from it, as a class without anything."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


class _HollowFinder(MetaPathFinder, Loader):
    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self, is_package=True) if _is_pyav(fullname) else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Hollow(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass
