"""A wish under a policy: what is asked for where the policy allows it, what the policy says everywhere else."""

from dataclasses import dataclass, replace
from typing import Final

from app.realtime.session import UNSET, CustomVoice, FunctionTool, OtherTool, SessionOptions, Tool, Transcription, Unset
from app.servers.broker.config.settings import Policy
from app.servers.broker.policy.wishes import Wish, shown

_ANY: Final = "*"
_MCP_FIELDS: Final = frozenset(
    {
        "type",
        "server_label",
        "server_url",
        "authorization",
        "headers",
        "allowed_tools",
        "require_approval",
        "server_description",
        "defer_loading",
    }
)


class PolicyForbids(Exception):
    """The policy does not allow what was asked for; the text is for the client and names it."""

    def __init__(self, param: str, why: str) -> None:
        self.param = shown(param)
        super().__init__(f"{self.param}: {why}")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a person gets."""

    options: SessionOptions
    model: str
    secret_s: int
    """How long a minted secret lives."""


def terms_of(wish: Wish, policy: Policy) -> Terms:
    """The wish merged under the policy; raises PolicyForbids."""
    options = wish.options
    model = policy.models[0] if options.model is UNSET else options.model
    if model not in policy.models:
        raise PolicyForbids("model", f"one of {', '.join(policy.models)} is expected")
    voice = policy.voices[0] if options.voice is UNSET else options.voice
    if (voice.id if isinstance(voice, CustomVoice) else voice) not in policy.voices:
        raise PolicyForbids("voice", f"one of {', '.join(policy.voices)} is expected")
    _check_instructions(options.instructions, policy)
    _check_transcription(options.transcription, policy)
    if options.tools is not UNSET:
        for tool in options.tools:
            _check_tool(tool, policy)
    instructions = policy.instructions if options.instructions is UNSET else options.instructions
    return Terms(
        replace(options, model=model, voice=voice, instructions=instructions or UNSET),
        model,
        _secret_s(wish.secret_s, policy),
    )


def _check_instructions(wish: str | Unset, policy: Policy) -> None:
    if wish is not UNSET and not policy.instructions_free and wish != policy.instructions:
        raise PolicyForbids("instructions", "they are fixed here")


def _check_transcription(wish: Transcription | Unset | None, policy: Policy) -> None:
    allowed = policy.transcription_models
    if isinstance(wish, Transcription) and _ANY not in allowed and wish.model not in allowed:
        raise PolicyForbids("transcription.model", f"one of {', '.join(allowed) or 'none'} is expected")


def _check_tool(tool: Tool, policy: Policy) -> None:
    match tool:
        case FunctionTool():
            if _ANY not in policy.tools and tool.name not in policy.tools:
                raise PolicyForbids(f"tools.{tool.name}", "this function is not allowed")
        case OtherTool():
            _check_mcp(tool, policy)


def _check_mcp(tool: OtherTool, policy: Policy) -> None:
    """Only servers named by address: a connector or a tunnel would lead past the list."""
    if tool.type != "mcp":
        raise PolicyForbids("tools", "only functions and MCP servers are known here")
    for name in tool.fields:
        if name not in _MCP_FIELDS:
            raise PolicyForbids(f"tools.{name}", "this parameter of an MCP server is not allowed")
    if tool.fields.get("server_url") not in policy.mcp_servers:
        raise PolicyForbids("tools.server_url", "this MCP server is not allowed")


def _secret_s(wish: int | None, policy: Policy) -> int:
    if wish is None:
        return policy.secret_s
    if wish > policy.secret_s:
        raise PolicyForbids("expires_after.seconds", f"at most {policy.secret_s} are allowed")
    return wish
