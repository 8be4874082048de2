"""A profile to begin with for each kind of server that speaks the protocol (PROTOCOL section 6).

Addresses that everybody has differently are empty, and ``address`` shows what one looks like.
"""

from dataclasses import dataclass, replace
from typing import Final

from app.conversation.profiles import BROKER, OWN_KEY, REHEARSAL, AuthStyle, Dialect, Door, Profile


@dataclass(frozen=True, slots=True)
class Preset:
    """What one kind of server is like."""

    profile: Profile
    """Its name is the preset's."""
    about: str
    """What to fill in, for the person who does."""
    address: str = ""
    """What the missing address looks like: the broker's where there is one, otherwise the server's."""

    @property
    def name(self) -> str:
        """How settings name it."""
        return self.profile.name

    def named(self, name: str, title: str = "") -> Profile:
        """A profile of this kind."""
        return replace(self.profile, name=name, title=title or self.profile.title, preset=self.name)


_PROXY: Final = Profile(name="sdp-proxy", title="Broker that passes on calls", door=Door.BROKER_PROXY)
_AZURE: Final = Profile(
    name="azure", title="Azure OpenAI", door=Door.OWN_KEY, server_url="", auth=AuthStyle.API_KEY, model="gpt-realtime"
)
_LITELLM: Final = Profile(
    name="litellm", title="LiteLLM", door=Door.OWN_KEY, server_url="http://127.0.0.1:4000/v1", model="gpt-realtime"
)
_LOCALAI: Final = Profile(
    name="localai",
    title="LocalAI",
    door=Door.DIRECT,
    server_url="http://127.0.0.1:8080/v1",
    calls_path="/realtime/calls?model={model}",
    model="gpt-realtime",
    voice="",
    own_transcription=True,
)
_SPEACHES: Final = Profile(
    name="speaches",
    title="speaches",
    door=Door.DIRECT,
    server_url="http://127.0.0.1:8000/v1",
    calls_path="/realtime?model={model}",
    dialect=Dialect.BETA,
    envelope=True,
    model="gpt-4o-mini",
    voice="",
    own_transcription=True,
)
_SPEECH_TO_SPEECH: Final = Profile(
    name="speech-to-speech",
    title="speech-to-speech",
    door=Door.DIRECT,
    server_url="http://127.0.0.1:8765/v1",
    socket_path="/realtime",
    auth=AuthStyle.NONE,
    model="",
    voice="",
    own_transcription=True,
)

PRESETS: Final[tuple[Preset, ...]] = (
    Preset(REHEARSAL, "Works offline, without an account."),
    Preset(OWN_KEY, "Enter an API key of your OpenAI account."),
    Preset(
        _AZURE,
        "Enter the address and a key of your resource, and the name of the deployment as the model.",
        "https://RESOURCE.openai.azure.com/openai/v1",
    ),
    Preset(
        BROKER,
        "Enter the address that hands out short-lived secrets, and what it asks to sign in with.",
        "https://example.org/token",
    ),
    Preset(
        _PROXY,
        "Enter the address that takes calls, and what it asks to sign in with.",
        "https://example.org/session",
    ),
    Preset(_LITELLM, "Enter the proxy's address and a key of it, and the model by the proxy's name for it."),
    Preset(_LOCALAI, "Enter the name of a pipeline as the model, and a key if the server asks for one."),
    Preset(_SPEACHES, "Enter the language model, and a key if the server asks for one."),
    Preset(_SPEECH_TO_SPEECH, "The server of Hugging Face, started with “serve”. It asks for nothing."),
)


def preset_named(name: str) -> Preset | None:
    """The preset of that name."""
    return next((preset for preset in PRESETS if preset.name == name), None)
