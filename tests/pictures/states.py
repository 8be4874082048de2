"""Hand-made states of the window, for pictures and for the tests that look at it."""

from dataclasses import dataclass, replace

from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QDialog, QPushButton, QToolButton, QWidget

from app.audio.catalog import Catalog, Choice, Device, Direction
from app.audio.echo_finding import Advice, EchoFinding
from app.conversation.presets import PRESETS
from app.conversation.profiles import BUILT_IN, IceServer
from app.conversation.settings import Settings, Theme
from app.conversation.sound_check import Deed, Phase, SoundCheckView
from app.conversation.troubles import DeviceAway, NotSignedIn, notice_of
from app.conversation.view import Levels, Look, Question, Row, Speaker, View
from app.ui.attachment import Attachment
from app.ui.dialogs.more import More
from app.ui.store import Store
from app.ui.window import MainWindow
from tests.support.wishes import Wishes

CATALOG = Catalog(
    microphones=(
        Device("builtin", "Built-in microphone", Direction.MICROPHONE, is_default=True),
        Device("headset", "Headset microphone", Direction.MICROPHONE),
    ),
    speakers=(
        Device("desk", "Desk speakers", Direction.SPEAKER, is_default=True),
        Device("headset-out", "Headset earphones", Direction.SPEAKER),
    ),
)
HEADSET = Choice("headset", "Headset microphone")
SYSTEM = Choice()
SILENCE = Levels()
SETTINGS = Settings(welcomed=True, output_volume=0.8)

STORY = (
    Row("1", Speaker.USER, "Tell me a story about a lighthouse.", finished=True),
    Row(
        "2",
        Speaker.ASSISTANT,
        "On a cliff above a grey bay stood a lighthouse that nobody had lit for years. One autumn a girl ",
        unheard="climbed the stairs with a lamp in her hand and",
        finished=True,
    ),
    Row("3", Speaker.USER, "Sorry, set a timer for ten minutes first.", finished=True),
    Row("4", Speaker.TOOL, "Timer 10 minutes · ends 14:13", finished=True),
    Row(
        "5",
        Speaker.ASSISTANT,
        "Done. Ten minutes from now I will let you know. Shall I go on with the lighthouse?",
        finished=True,
    ),
)
SUM = (
    Row("1", Speaker.USER, "What is 17 percent of 3,480?", finished=True),
    Row("2", Speaker.ASSISTANT, "Seventeen percent of 3,480 is 591.60.", finished=True),
    Row("3", Speaker.USER, pending=True),
)
_LONG = "The lamp turned, and the ships far out saw it and were glad. " * 30
_RTL = (
    Row("1", Speaker.USER, "مرحبا، كم الساعة الآن؟", finished=True),
    Row("2", Speaker.ASSISTANT, "الساعة الآن الثانية وعشر دقائق بعد الظهر. هل تريد شيئا آخر؟", finished=True),
    Row("3", Speaker.USER, "שלום, מה שלומך today?", finished=True),
    Row("4", Speaker.ASSISTANT, "今日はとても良い天気です。Emoji: 🙂 and back to English.", finished=True),
)

_READY = SoundCheckView(Phase.READY)


@dataclass(frozen=True)
class State:
    """One picture: what the store shows, how loud it is, and how large the window is."""

    view: View
    settings: Settings = SETTINGS
    microphone: Choice = SYSTEM
    levels: Levels = SILENCE
    size: tuple[int, int] = (440, 790)
    attached: str = ""
    """What the picture that goes with the next message is called."""
    dialog: str = ""
    """``settings``, ``welcome`` or ``soundCheck``: the dialog that is open."""
    page: str = ""
    """The page of the settings that is turned to."""
    unfolded: bool = False
    """Whether it shows what is folded away."""
    dialog_size: tuple[int, int] | None = None
    step: int = 0
    """The step of the sound set-up."""
    check: SoundCheckView = _READY


_LISTENING = View(Look.LISTENING, "Listening", "Speak, or hold Space", can_type=True, rows=STORY)
_ON_AIR = View(Look.ON_AIR, "On air", "Release to send", push_to_talk=True, can_type=True, rows=SUM)
_DARK = replace(
    SETTINGS,
    theme=Theme.DARK,
    profile="broker",
    profiles=(BUILT_IN[0], replace(BUILT_IN[1], title="Work broker"), BUILT_IN[2]),
)
_QUIET = Levels(-26.0, -18.0, -57.0, -42.0)
_LOUD = Levels(-10.0, -6.0, -100.0, -100.0)
_SPEAKING = View(
    Look.SPEAKING,
    "Speaking",
    "Press the button or speak to interrupt",
    can_type=True,
    rows=(*STORY[:2], Row("9", Speaker.ASSISTANT, "Once upon a time there was a lighthouse keeper who")),
)
_RECONNECTING = replace(
    _LISTENING, look=Look.RECONNECTING, status="Reconnecting", hint="Go on speaking: it is kept and delivered",
    can_type=False,
)  # fmt: skip
_OPEN = Question("q", "Open a page of example.org? https://example.org/lighthouses", "Open", "Do not open")
_LOCAL = Question(
    "q",
    "Open a page of bücher.example (in plain letters xn--bcher-kva.example)? This leads into your own computer or "
    "network, where a page may change settings. https://bücher.example/a/very-long-path/with-no-space-anywhere/"
    + "x"
    * 30,
    "Open anyway",
    "Do not open",
)
_PAID = replace(SETTINGS, profile="openai", cost_cap_usd=2.0)
_OWN = replace(
    SETTINGS,
    profile="localai",
    profiles=(
        *BUILT_IN,
        replace(
            PRESETS[6].profile,
            ice_servers=(IceServer("stun:stun.example.org:3478"), IceServer("turn:turn.example.org", "me", "secret")),
        ),
    ),
)
_ECHO = EchoFinding(Advice.LOUDSPEAKER, -31.3, -61.2, 38.6, 60.0)
_CARDS = (
    Row("1", Speaker.USER, "Set a timer for two minutes and show me lighthouses.", finished=True),
    Row("2", Speaker.TOOL, "Timer 2 minutes · ends 14:13", finished=True),
    Row("3", Speaker.TOOL, "Web page example.org · not opened, as you wished", finished=True),
    Row("4", Speaker.TOOL, "Web page a-long-name.of-a-server.example.org · opened in the browser", finished=True),
    Row("5", Speaker.TOOL, "Time · Thursday, 14:11", finished=True),
    Row("6", Speaker.TOOL, "Timer · not cancelled, it is not running", finished=True),
    Row("7", Speaker.TOOL, "Look up tides · failed, the server took too long", finished=True),
    Row("8", Speaker.ASSISTANT, "Done. I will let you know in two minutes.", finished=True),
)

STATES: dict[str, State] = {
    "idle": State(View()),
    "connecting": State(View(Look.CONNECTING, "Connecting", "Fetching a token")),
    "listening": State(_LISTENING, microphone=HEADSET, levels=_QUIET),
    "muted": State(replace(_LISTENING, muted=True, status="Muted", hint="Unmute to be heard"), microphone=HEADSET),
    "on-air": State(_ON_AIR, levels=_LOUD),
    "on-air-dark": State(
        replace(_ON_AIR, notice=notice_of(DeviceAway("USB headset", "Built-in microphone"))), _DARK, levels=_LOUD
    ),
    "thinking": State(replace(_LISTENING, look=Look.THINKING, status="Thinking", hint="")),
    "speaking": State(_SPEAKING, levels=Levels(-60.0, -60.0, -14.0, -8.0)),
    "speaking-dark": State(_SPEAKING, _DARK, levels=Levels(-60.0, -60.0, -14.0, -8.0)),
    "trouble": State(View(notice=notice_of(NotSignedIn()), rows=SUM[:2])),
    "small": State(replace(_LISTENING, notice=notice_of(NotSignedIn())), levels=_QUIET, size=(360, 560)),
    "away": State(_LISTENING, microphone=Choice("usb", "USB conference microphone with a long name")),
    "long": State(
        replace(_SPEAKING, rows=(*STORY, Row("l", Speaker.ASSISTANT, _LONG), Row("m", Speaker.USER, _LONG[:400])))
    ),
    "rtl": State(replace(_LISTENING, rows=_RTL)),
    "wide": State(_LISTENING, levels=_QUIET, size=(1000, 700)),
    "reconnecting": State(_RECONNECTING, levels=_QUIET),
    "reconnecting-dark": State(replace(_RECONNECTING, push_to_talk=True), _DARK, levels=_QUIET),
    "question": State(replace(_LISTENING, question=_OPEN, notice=notice_of(NotSignedIn())), levels=_QUIET),
    "question-small": State(replace(_LISTENING, question=_LOCAL), _DARK, size=(360, 560)),
    "spending": State(replace(_LISTENING, cost_usd=0.0412, tokens=1834), _PAID, levels=_QUIET),
    "spending-wide": State(replace(_LISTENING, cost_usd=0.0412, tokens=1834), _PAID, size=(720, 790)),
    "cards": State(replace(_LISTENING, rows=_CARDS)),
    "picture": State(_LISTENING, levels=_QUIET, attached="Lighthouse at the end of the harbour, in autumn 2026.jpeg"),
    "picture-dark": State(_ON_AIR, _DARK, attached="Picture", size=(360, 560)),
    "welcome": State(View(), replace(SETTINGS, welcomed=False), dialog="welcome"),
    "sound-hear": State(View(), dialog="soundCheck"),
    "sound-level": State(View(), levels=_QUIET, dialog="soundCheck", step=1),
    "sound-voice": State(View(), dialog="soundCheck", step=2, check=SoundCheckView(Phase.RECORDING)),
    "sound-echo": State(View(), dialog="soundCheck", step=3, check=SoundCheckView(Phase.READY, Deed.MEASURE, _ECHO)),
    "sound-echo-small": State(
        View(),
        _DARK,
        dialog="soundCheck",
        step=3,
        check=SoundCheckView(Phase.READY, Deed.MEASURE, replace(_ECHO, advice=Advice.HALF_DUPLEX, removed_db=12.4)),
        dialog_size=(340, 440),
    ),
    "settings": State(View(), dialog="settings"),
    "settings-dark": State(View(), _DARK, dialog="settings"),
    "settings-own": State(View(), _OWN, dialog="settings", unfolded=True, dialog_size=(420, 1420)),
    "settings-turns": State(View(), dialog="settings", page="Turns", unfolded=True, dialog_size=(420, 800)),
    "settings-assistant": State(View(), dialog="settings", page="Assistant"),
    "settings-assistant-more": State(
        View(), _DARK, dialog="settings", page="Assistant", unfolded=True, dialog_size=(420, 960)
    ),
    "settings-limits": State(View(), _PAID, dialog="settings", page="Limits", unfolded=True),
    "settings-limits-small": State(View(), _DARK, dialog="settings", page="Limits", dialog_size=(412, 400)),
    "settings-key": State(View(), dialog="settings", page="Key", unfolded=True, dialog_size=(420, 800)),
}


def build(state: State, wishes: Wishes | None = None) -> tuple[MainWindow, Store, Wishes]:
    """The window in this state, not yet shown."""
    store, wishes = Store(), wishes or Wishes()
    window = MainWindow(store, wishes, lambda: state.levels)
    store.setParent(window)
    store.show_settings(state.settings)
    store.show_catalog(CATALOG)
    store.show_choices(state.microphone, SYSTEM)
    store.show_view(state.view)
    store.show_sound_check(state.check)
    window.resize(*state.size)
    if state.attached:
        attachment_of(window).take(_picture(), state.attached)
    return window, store, wishes


def attachment_of(window: MainWindow) -> Attachment:
    """What is attached to the next message; its picture comes a moment later."""
    attachment = window.findChild(Attachment)
    assert isinstance(attachment, Attachment)
    return attachment


def _picture() -> QImage:
    """A lighthouse, more or less."""
    image = QImage(400, 300, QImage.Format.Format_RGB32)
    image.fill(QColor("#24506e"))
    painter = QPainter(image)
    painter.fillRect(0, 220, 400, 80, QColor("#12303f"))
    painter.fillRect(180, 90, 44, 160, QColor("#f2efe6"))
    painter.fillRect(180, 130, 44, 40, QColor("#b3402b"))
    painter.fillRect(188, 62, 28, 28, QColor("#ffd75e"))
    painter.end()
    return image


def opened_dialog(window: MainWindow, state: State) -> QWidget:
    """The dialog that is open over a shown window; ``settings`` is opened by its button."""
    name = state.dialog
    if name == "settings":
        button = window.findChild(QToolButton, "settingsButton")
        assert isinstance(button, QToolButton)
        button.click()
    if name == "soundCheck":
        next(action for action in window.actions() if action.text() == "Set up sound…").trigger()
    dialog = window.findChild(QDialog, f"{name}Dialog")
    assert isinstance(dialog, QDialog)
    if state.dialog_size:
        dialog.resize(*state.dialog_size)
    tab = dialog.findChild(QToolButton, f"settingsTab{state.page}")
    if tab is not None:
        tab.click()
    forward = dialog.findChild(QPushButton, "soundCheckForward")
    if forward is not None:
        for _ in range(state.step):
            forward.click()
    for more in dialog.findChildren(More) if state.unfolded else ():
        more.unfold()
    return dialog
