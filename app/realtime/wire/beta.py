"""Values that the beta protocol writes in another form than GA; everything else differs in place or name only."""

from typing import Any, Final

from app.realtime.wire.names import PART_TAGS, Path

_FORMATS: Final = {"audio/pcm": "pcm16", "audio/pcmu": "g711_ulaw", "audio/pcma": "g711_alaw"}
_FORMATS_BACK: Final = {beta: ga for ga, beta in _FORMATS.items()}
_FORMAT_PATHS: Final[tuple[Path, ...]] = (("input_audio_format",), ("output_audio_format",))
_MODALITIES_PATH: Final[Path] = ("modalities",)


def from_beta(path: Path, value: object) -> object:
    """The GA form of what stands at ``path`` of a beta session."""
    if path == _MODALITIES_PATH and isinstance(value, list) and "audio" in value:
        return ["audio"]
    if path in _FORMAT_PATHS and isinstance(value, str):
        return {"type": _FORMATS_BACK.get(value, value)}
    return value


def to_beta(path: Path, value: Any) -> object:
    """The beta form of what GA writes; audio always came with text there."""
    if path == _MODALITIES_PATH and value == ["audio"]:
        return ["audio", "text"]
    if path in _FORMAT_PATHS:
        return _FORMATS.get(value["type"], value["type"])
    return value


def with_part_names(tree: object) -> object:
    """A JSON tree in which the assistant's content goes by its short names."""
    if isinstance(tree, list):
        return [with_part_names(each) for each in tree]
    if not isinstance(tree, dict):
        return tree
    renamed = {key: with_part_names(value) for key, value in tree.items()}
    kind = renamed.get("type")
    if isinstance(kind, str):
        renamed["type"] = PART_TAGS.get(kind, kind)
    return renamed
