"""Everything that can go wrong and that a person can do something about.

    Trouble
    ├── SignInTrouble   NotSignedIn KeyRefused QuotaExhausted CredentialMissing
    ├── BrokerTrouble   BrokerUrlInvalid BrokerUnreachable BrokerUntrusted BrokerTimedOut BrokerRedirects PortalInTheWay
    │                   BrokerForbids BrokerBusy BrokerFailed BrokerRefused BrokerAnswerUnusable BrokerLeaksKey
    ├── LinkTrouble     ServerUrlInvalid ServerUnreachable ServerRefused ServerAnswerUnusable ConnectTimedOut
    │                   LinkLost SessionExpired SessionRejected ResponseFailed RehearsalUnavailable ReconnectFailed
    ├── SoundTrouble    NoDevice DeviceAway DeviceRefused MicrophoneForbidden SoundServerGone CodecMissing
    │                   SoundLibraryMissing SoundFileUnusable EchoCancellingMissing
    │                   LoudspeakerTooLoud EchoRemains MicrophoneSilent MicrophoneMuted MicrophoneOverdriven
    │                   TalkingWhileMuted BluetoothBothWays
    ├── ToolTrouble     PictureUnusable
    ├── KeyTrouble      KeyTaken KeysUnavailable
    └── StorageTrouble  KeyringMissing KeyringLocked KeyringSilent SettingsBroken SettingsIgnored
                        SettingsUnwritable

Adapters translate their library's errors at the border to the most specific of these, cause chained. Each has one
sentence that says what happened and one remedy that says what to do; neither ever holds a secret or speech.
Anything that is not a Trouble is a bug.
"""

import math
from dataclasses import dataclass
from typing import Final


class Trouble(Exception):
    """What went wrong (``sentence``) and what to do (``remedy``), for a person."""

    sentence: str = "Something went wrong."
    remedy: str = "Try again."
    retryable: bool = False
    """Whether trying again by itself can help."""

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.sentence!r})"

    @property
    def kind(self) -> str:
        """The name for logs."""
        return type(self).__name__


# --- signing in ---------------------------------------------------------------------------------------------


class SignInTrouble(Trouble):
    """The server or broker does not know who we are, or will not serve us."""


class NotSignedIn(SignInTrouble):
    """The broker answered 401."""

    sentence = "The broker did not accept your sign-in."
    remedy = "Open Settings and enter the broker credential again."


class KeyRefused(SignInTrouble):
    """The server refused the key or the secret."""

    sentence = "The server refused the key."
    remedy = "Open Settings and enter a valid API key."


class QuotaExhausted(SignInTrouble):
    """The account has no money left."""

    sentence = "The account's quota is used up."
    remedy = "Add credit to the account, then connect again."


class CredentialMissing(SignInTrouble):
    """The profile needs a key and there is none."""

    sentence = "This profile needs an API key and none is stored."
    remedy = "Open Settings and enter the key."


# --- the broker ---------------------------------------------------------------------------------------------


class BrokerTrouble(Trouble):
    """The token broker."""


class BrokerUrlInvalid(BrokerTrouble):
    """No URL, not a URL, or plain http to somewhere else than this machine."""

    remedy = "Open Settings and enter the broker's https address."

    def __init__(self, why: str) -> None:
        self.sentence = f"The broker address cannot be used: {why}."


class BrokerUnreachable(BrokerTrouble):
    """No TCP or TLS connection."""

    remedy = "Check the network and the broker address in Settings."
    retryable = True

    def __init__(self, why: str = "") -> None:
        self.sentence = f"The broker cannot be reached{': ' + why if why else ''}."


class BrokerUntrusted(BrokerUnreachable):
    """A certificate that is not right; a network that wants a sign-in shows its own in place of others'."""

    remedy = "Sign in to the network if it asks for that; if it does not, tell whoever runs the broker."


class BrokerTimedOut(BrokerTrouble):
    """No answer in time."""

    sentence = "The broker did not answer in time."
    remedy = "Try again in a moment."
    retryable = True


class BrokerRedirects(BrokerTrouble):
    """A redirect, which could carry the credential elsewhere, or a captive portal."""

    sentence = "The broker address leads somewhere else."
    remedy = "Sign in to the network if it asks for that, or correct the address in Settings."


class PortalInTheWay(BrokerTrouble):
    """A web page instead of an answer, or HTTP 511 (RFC 6585 section 6): most often a network that wants a sign-in."""

    sentence = "A web page answered instead of the broker."
    remedy = "Sign in to the network if it asks for that, or correct the address in Settings."


class BrokerForbids(BrokerTrouble):
    """403: it knows who asks."""

    remedy = "Ask whoever runs the broker what you may use, or enter another credential in Settings."

    def __init__(self, code: str = "") -> None:
        self.sentence = f"The broker does not allow it{f' ({code})' if code else ''}."


class BrokerBusy(BrokerTrouble):
    """429."""

    retryable = True

    def __init__(self, retry_after_s: float | None = None, code: str = "") -> None:
        self.sentence = _SPENT.get(code, "The broker has too many requests.")
        ends_early = code == "too_many_sessions"
        self.retry_after_s = None if ends_early else retry_after_s
        """None as well where the broker's word is only the latest time: a place is free as soon as a call ends."""
        self.remedy = "Hang up another call, then connect again." if ends_early else words_to_wait(self.retry_after_s)


_SPENT = {
    "too_many_sessions": "You have as many calls at a time as the broker allows.",
    "daily_minutes_spent": "Your minutes for today are used up.",
    "daily_money_spent": "Your budget for today is used up.",
}


def words_to_wait(left_s: float | None) -> str:
    """What to do when somebody is busy for so long; None is not known."""
    if left_s is None:
        return "Wait, then connect again."
    minutes, seconds = divmod(math.ceil(left_s), 60)
    if minutes >= 60:
        return f"Wait {minutes // 60} h {minutes % 60} min, then connect again."
    wait = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    return f"Wait {wait}, then connect again." if seconds or minutes else "Connect again."


class BrokerFailed(BrokerTrouble):
    """5xx."""

    remedy = "Try again in a moment; if it stays, tell whoever runs the broker."
    retryable = True

    def __init__(self, status: int, request_id: str = "") -> None:
        self.status = status
        reference = f", request {request_id}" if request_id else ""
        self.sentence = f"The broker has a problem of its own (HTTP {status}{reference})."


class BrokerRefused(BrokerTrouble):
    """A 4xx that is neither sign-in nor rate."""

    remedy = "Check the broker address in Settings."

    def __init__(self, status: int, code: str = "") -> None:
        self.status = status
        self.sentence = f"The broker refused the request (HTTP {status}{', ' + code if code else ''})."


class BrokerAnswerUnusable(BrokerTrouble):
    """HTML, empty, not JSON, expired, too long …"""

    remedy = "Check the broker address in Settings, or tell whoever runs the broker."

    def __init__(self, why: str) -> None:
        self.sentence = f"The broker's answer cannot be used: {why}."


class BrokerLeaksKey(BrokerTrouble):
    """The broker handed out a main key instead of a short-lived secret."""

    sentence = "The broker sent a main API key, which must never leave it. It was not used."
    remedy = "Tell whoever runs the broker at once: that key should be replaced."


# --- the link -----------------------------------------------------------------------------------------------


class LinkTrouble(Trouble):
    """The connection to the Realtime server."""


class ServerUrlInvalid(LinkTrouble):
    """Not a URL, or plain http to somewhere else than this machine."""

    remedy = "Open Settings and enter the server's https address."

    def __init__(self, why: str) -> None:
        self.sentence = f"The server address cannot be used: {why}."


class ServerUnreachable(LinkTrouble):
    """No TCP or TLS connection to the Realtime server."""

    remedy = "Check the network, then connect again."
    retryable = True

    def __init__(self, why: str = "") -> None:
        self.sentence = f"The server cannot be reached{': ' + why if why else ''}."


class ServerRefused(LinkTrouble):
    """The calls endpoint answered with an error."""

    remedy = "Check the server address and the model in Settings."

    def __init__(self, status: int, code: str = "", *, retryable: bool = False) -> None:
        self.status = status
        self.code = code
        self.retryable = retryable
        self.sentence = f"The server refused the call (HTTP {status}{', ' + code if code else ''})."


class ServerAnswerUnusable(LinkTrouble):
    """The calls endpoint answered with something that is no SDP answer."""

    remedy = "Check the server address in Settings; a sign-in page of the network can cause this too."

    def __init__(self, why: str) -> None:
        self.sentence = f"The server's answer cannot be used: {why}."


class ConnectTimedOut(LinkTrouble):
    """The limit for connecting passed while waiting for ``stage``."""

    retryable = True

    def __init__(self, stage: str, remedy: str = "Try again; if it stays, ask whether the network blocks UDP.") -> None:
        self.stage = stage
        self.sentence = f"Connecting took too long, while {stage}."
        self.remedy = remedy


class LinkLost(LinkTrouble):
    """The connection was there and is gone."""

    sentence = "The connection was lost."
    remedy = "Connect again."
    retryable = True


class SessionExpired(LinkTrouble):
    """The server's limit for one session."""

    sentence = "The session reached the server's time limit."
    remedy = "Connect again to go on."
    retryable = True


class SessionRejected(LinkTrouble):
    """The server does not take the session we ask for."""

    remedy = "Check model, voice and turn detection in Settings."

    def __init__(self, code: str) -> None:
        self.sentence = f"The server did not accept the session settings ({code or 'no code'})."


class ResponseFailed(LinkTrouble):
    """The server could not answer one turn."""

    remedy = "Ask again."

    def __init__(self, code: str) -> None:
        self.sentence = f"The assistant could not answer ({code or 'no reason given'})."


class RehearsalUnavailable(LinkTrouble):
    """The embedded server did not start."""

    remedy = "Run “python3 packaging/bootstrap.py run” once to install what it needs."

    def __init__(self, why: str) -> None:
        self.sentence = f"The rehearsal server could not be started: {why}."


class ReconnectFailed(LinkTrouble):
    """The connection was lost and did not come back."""

    sentence = "The connection was lost and could not be restored."
    remedy = "Check the network, then connect again: the conversation is kept."


# --- sound --------------------------------------------------------------------------------------------------


class SoundTrouble(Trouble):
    """Microphone, loudspeaker, codec."""


class NoDevice(SoundTrouble):
    """There is no device of that direction at all."""

    def __init__(self, direction: str) -> None:
        self.sentence = f"No {direction} was found."
        self.remedy = "You can type; plug one in to talk." if direction == "microphone" else "Plug one in to hear."


class DeviceAway(SoundTrouble):
    """The chosen device is not there; something else may be in use instead."""

    remedy = "Choose another device."

    def __init__(self, name: str, instead: str = "") -> None:
        self.sentence = f"{name} was unplugged." + (f" Using {instead}." if instead else "")


class DeviceRefused(SoundTrouble):
    """The system would not open the device."""

    remedy = "Close other programs that use it, or choose another device."

    def __init__(self, name: str, why: str = "") -> None:
        self.sentence = f"{name} could not be opened{': ' + why if why else ''}."


class MicrophoneForbidden(SoundTrouble):
    """The system does not let this program use the microphone: macOS then gives silence, Windows refuses."""

    sentence = "The system does not let Parlance use the microphone, so nothing you say is heard."
    remedy = "Allow it in the privacy settings, then start Parlance again; until then you can type."


class SoundServerGone(SoundTrouble):
    """PulseAudio or PipeWire is not answering."""

    sentence = "The sound server is not answering."
    remedy = "Parlance goes on by itself when it is back."


class CodecMissing(SoundTrouble):
    """No usable Opus library."""

    sentence = "The Opus library was not found."
    remedy = "Run “python3 packaging/bootstrap.py run” again."


class SoundLibraryMissing(SoundTrouble):
    """PortAudio, or its way to the sound server, is not on this machine."""

    remedy = "Run “python3 packaging/bootstrap.py run” again; you can type without it."

    def __init__(self, what: str) -> None:
        self.sentence = f"{what} was not found, so there is no sound."


class SoundFileUnusable(SoundTrouble):
    """A file that stands in for a microphone or a loudspeaker."""

    remedy = "Name another file."

    def __init__(self, name: str, why: str) -> None:
        self.sentence = f"{name} cannot be used as a sound file: {why}."


class EchoCancellingMissing(SoundTrouble):
    """The native audio processing does not exist for this machine, or does not load."""

    sentence = "Echo cancelling is not available on this machine."
    remedy = "Use a headset, or talk with the talk key."


class LoudspeakerTooLoud(SoundTrouble):
    """At the microphone the assistant is far louder than the person."""

    sentence = "The loudspeaker is much louder than your voice here, so not all you say over the assistant is heard."
    remedy = "Turn the loudspeaker down, come closer to the microphone, or use a headset."


class EchoRemains(SoundTrouble):
    """Half-duplex: too much of the echo stays."""

    sentence = "The echo of the loudspeaker cannot be removed here, so Parlance listens when the assistant pauses."
    remedy = "Turn the loudspeaker down, or use a headset; the talk key interrupts at any time."


class MicrophoneSilent(SoundTrouble):
    """Zeros, or nothing but the noise of a converter."""

    sentence = "Nothing comes from the microphone."
    remedy = "Look for its switch and for “muted” in your system’s sound settings, or choose another one."


class MicrophoneMuted(SoundTrouble):
    """Not by Parlance: the system's own switch, or a key on the keyboard."""

    sentence = "Your microphone is muted in the system settings, so nothing you say is heard."
    remedy = "Unmute it in your system’s sound settings or with its key, or choose another one."


class MicrophoneOverdriven(SoundTrouble):
    """What is captured is cut off at its peaks."""

    sentence = "Your microphone is overdriven."
    remedy = "Lower its volume in your system’s sound settings, or move away from it."


class TalkingWhileMuted(SoundTrouble):
    """Somebody speaks, and nobody hears it."""

    sentence = "You are speaking, but you are muted."
    remedy = "Press Ctrl+M to be heard."


class BluetoothBothWays(SoundTrouble):
    """One Bluetooth headset is microphone and loudspeaker: it leaves its good profile for that of telephony."""

    sentence = "While a Bluetooth headset’s microphone is used, all it plays sounds like a telephone."
    remedy = "Choose another microphone to hear the assistant well."


# --- tools --------------------------------------------------------------------------------------------------


class ToolTrouble(Trouble):
    """A function the model called, or something the model was to be given."""


class PictureUnusable(ToolTrouble):
    """A picture that cannot be sent to the model."""

    remedy = "Choose another picture."

    def __init__(self, why: str) -> None:
        self.sentence = f"The picture cannot be used: {why}."


# --- storage ------------------------------------------------------------------------------------------------


class StorageTrouble(Trouble):
    """Keyring and settings."""


class KeyringMissing(StorageTrouble):
    """No keyring on this system."""

    sentence = "This system has no keyring, so the credential is kept for this run only."
    remedy = "Enter it again next time, or install a keyring."


class KeyringLocked(StorageTrouble):
    """The keyring is there, but locked."""

    sentence = "The keyring is locked, so the credential is kept for this run only."
    remedy = "Unlock the keyring, then enter the credential again."


class KeyringSilent(StorageTrouble):
    """The keyring did not answer in time, for instance while its own dialog is open."""

    sentence = "The keyring did not answer, so the credential is kept for this run only."
    remedy = "Look for an unlock dialog, then enter the credential again."


class SettingsBroken(StorageTrouble):
    """The settings file could not be read and was set aside."""

    remedy = "Your settings start fresh; the old file is kept beside it."

    def __init__(self, kept_as: str, why: str) -> None:
        self.sentence = f"The settings file is damaged ({why}) and was set aside as {kept_as}."


class SettingsIgnored(StorageTrouble):
    """The settings file is in use, but not all of it; it stays as it is."""

    remedy = "Correct it in the file, or set it again in Settings."

    def __init__(self, why: str) -> None:
        self.sentence = f"Part of the settings file is not used: {why}."


class SettingsUnwritable(StorageTrouble):
    """The settings file could not be written."""

    remedy = "Check the folder's permissions and free space."

    def __init__(self, why: str) -> None:
        self.sentence = f"The settings could not be saved: {why}."


# --- the talk key -------------------------------------------------------------------------------------------


class KeyTrouble(Trouble):
    """The key that works in every window does not."""


class KeyTaken(KeyTrouble):
    """Another program has it."""

    remedy = "Choose another key in Settings."
    retryable = True

    def __init__(self, key: str) -> None:
        self.sentence = f"{key} is already taken by another program."


class KeysUnavailable(KeyTrouble):
    """This desktop, or its state, gives us no keys."""

    remedy = "Bind a key to the command in the desktop's own settings."

    def __init__(self, why: str, *, retryable: bool = False) -> None:
        self.sentence = why
        self.retryable = retryable


@dataclass(frozen=True, slots=True)
class Notice:
    """A trouble or a word of information, as the window shows it: what happened, then what to do."""

    sentence: str
    remedy: str = ""
    action: str = ""
    """What a click on the remedy does: ``settings``, ``connect``, ``devices``, ``privacy`` or nothing."""
    is_trouble: bool = True
    ready_at_s: float | None = None
    """When the action makes sense, in monotonic seconds; until then the remedy counts down."""


_ACTIONS: tuple[tuple[type[Trouble], str], ...] = (
    (CredentialMissing, "settings"),
    (QuotaExhausted, ""),
    (SignInTrouble, "settings"),
    (BrokerUrlInvalid, "settings"),
    (BrokerRefused, "settings"),
    (BrokerForbids, "settings"),
    (BrokerLeaksKey, ""),
    (BrokerTrouble, "connect"),
    (RehearsalUnavailable, ""),
    (SessionRejected, "settings"),
    (ServerUrlInvalid, "settings"),
    (LinkTrouble, "connect"),
    (DeviceAway, "devices"),
    (DeviceRefused, "devices"),
    (MicrophoneForbidden, "privacy"),
    (MicrophoneSilent, "devices"),
    (MicrophoneMuted, "devices"),
    (BluetoothBothWays, "devices"),
)


MICROPHONE_ASKED: Final = Notice(
    "Your system may ask now whether Parlance may use the microphone.",
    "Parlance listens while you are connected, to send what you say to the server. Without it you can type.",
    is_trouble=False,
)


def notice_of(trouble: Trouble) -> Notice:
    """How the window shows a trouble."""
    action = next((action for kind, action in _ACTIONS if isinstance(trouble, kind)), "")
    return Notice(trouble.sentence, trouble.remedy, action)
