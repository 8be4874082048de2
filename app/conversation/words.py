"""The words of the window: from the heart's state to what is shown. The only place where status sentences live."""

from typing import Final

from app.conversation.machines import Link, Response, Sound, Turn
from app.conversation.settings import TalkMode
from app.conversation.state import State
from app.conversation.view import Look, View

KEPT: Final = "Go on speaking: it is kept and delivered"
_TO_SEND: Final = {
    TalkMode.HOLD: "Release to send",
    TalkMode.TOGGLE: "Press again to send",
    TalkMode.HOLD_OR_LOCK: "Release, or press again, to send",
    TalkMode.OPEN: "Release to send",
    TalkMode.PUSH_TO_MUTE: "Release to send",
}
"""With the last two only what an earlier mode began."""


def view_of(state: State) -> View:
    """What the window shows of that state."""
    look = look_of(state)
    status, hint = _words(state, look)
    return View(
        look=look,
        status=status,
        hint=hint,
        push_to_talk=state.plan.push_to_talk,
        talk_mode=state.plan.talk_mode,
        muted=state.muted,
        can_type=state.link is Link.LIVE,
        notice=state.notice,
        rows=state.transcript.rows,
        question=state.question,
        cost_usd=round(state.meter.cost_usd, 4),
        tokens=state.meter.spent.tokens,
    )


def look_of(state: State) -> Look:
    """The look of the talk button."""
    match state.link:
        case Link.DOWN:
            return Look.DISCONNECTED
        case Link.WAITING:
            return Look.RECONNECTING
        case Link.OPENING | Link.CONFIGURING:
            return Look.RECONNECTING if state.begun else Look.CONNECTING
        case Link.CLOSING if state.connect_again:
            return Look.CONNECTING if state.lost_at_s is None else Look.RECONNECTING
        case Link.CLOSING:
            return Look.LEAVING
        case Link.LIVE:
            pass
    if state.turn is not Turn.IDLE:
        return Look.ON_AIR
    if state.sound is Sound.PLAYING:
        return Look.SPEAKING
    if state.running or state.reply_wanted or state.response not in (Response.NONE, Response.CANCELLING):
        return Look.THINKING
    return Look.LISTENING


def _words(state: State, look: Look) -> tuple[str, str]:
    push_to_talk = state.plan.push_to_talk
    match look:
        case Look.DISCONNECTED:
            return "Not connected", "Press Connect to start"
        case Look.CONNECTING:
            return "Connecting", _stage_words(state)
        case Look.RECONNECTING:
            return "Reconnecting", KEPT
        case Look.LEAVING:
            return "Hanging up", ""
        case Look.ON_AIR:
            return _on_air_words(state)
        case Look.THINKING:
            return "Thinking", f"Press {'Esc' if state.plan.talk_mode is TalkMode.PUSH_TO_MUTE else 'Space'} to stop"
        case Look.SPEAKING:
            return "Speaking", "Press Space to interrupt" if push_to_talk or state.muted else "Speak to interrupt"
        case Look.LISTENING if state.muted:
            return "Muted", "Unmute to talk, or type"
        case Look.LISTENING if push_to_talk:
            return "Ready", f"{'Press' if _is_toggle(state) else 'Hold'} Space or the button, and speak"
        case Look.LISTENING:
            return "Listening", _listening_words(state)


def _on_air_words(state: State) -> tuple[str, str]:
    if state.turn is Turn.SPEAKING:
        return "Hearing you", "Pause when you are done"
    if state.turn is Turn.HOLDING:
        return ("Muted", "Nothing is sent") if state.muted else ("On air", _TO_SEND[state.plan.talk_mode])
    return "Sending", ""


def _listening_words(state: State) -> str:
    match state.plan.talk_mode:
        case TalkMode.HOLD | TalkMode.HOLD_OR_LOCK:
            return "Speak, or hold Space"
        case TalkMode.TOGGLE:
            return "Speak, or press Space"
        case TalkMode.OPEN:
            return "Just speak"
        case TalkMode.PUSH_TO_MUTE:
            return "Speak; hold Space to be muted"


def _is_toggle(state: State) -> bool:
    return state.plan.talk_mode is TalkMode.TOGGLE


def _stage_words(state: State) -> str:
    if state.turn in (Turn.HOLDING, Turn.TAILING) and not state.muted:
        return KEPT
    if state.link is Link.CONFIGURING:
        return "Setting up the session"
    if state.link is Link.CLOSING:
        return "Ending the call before"
    words = state.stage.value
    return words[0].upper() + words[1:]
