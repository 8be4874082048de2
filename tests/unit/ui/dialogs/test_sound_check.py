from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.audio.catalog import Catalog, Choice, Device, Direction
from app.audio.echo_finding import Advice, EchoFinding
from app.audio.loudness import Target
from app.conversation.settings import Hearing, LevelSettings, Settings
from app.conversation.sound_check import Deed, Phase, SoundCheckView
from app.conversation.troubles import MICROPHONE_ASKED, MicrophoneForbidden, notice_of
from app.conversation.view import Levels, Look, View
from app.ui.controls.pulse import Pulse
from app.ui.dialogs.sound_check import SoundCheckDialog
from app.ui.look.appearance import Appearance
from app.ui.store import Store
from tests.support.wishes import Wishes
from tests.unit.ui.windows import Bench

MICROPHONE = Device("mic", "Desk microphone", Direction.MICROPHONE)
SPEAKER = Device("speaker", "Desk speakers", Direction.SPEAKER)
ECHO = EchoFinding(Advice.LOUDSPEAKER, -31.3, -61.2, 38.6, 60.0)


@dataclass
class Guide:
    store: Store = field(default_factory=Store)
    wishes: Wishes = field(default_factory=Wishes)
    levels: Levels = field(default_factory=Levels)
    dialog: QDialog = field(init=False)

    def button(self, name: str) -> QPushButton:
        found = self.dialog.findChild(QPushButton, name)
        assert isinstance(found, QPushButton)
        return found

    def go_to(self, step: int) -> None:
        for _ in range(step):
            self.button("soundCheckForward").click()

    def says(self, step: str) -> str:
        result = self.dialog.findChild(QLabel, f"{step}Result")
        assert isinstance(result, QLabel)
        return result.text() if result.isVisibleTo(self.dialog) else ""

    def show(self, phase: Phase, done: Deed | None = None, echo: EchoFinding | None = None) -> None:
        self.store.show_sound_check(SoundCheckView(phase, done, echo))

    def reads(self, levels: Levels, times: int = 1) -> None:
        """The meters say this, thirty times a second."""
        self.levels = levels
        pulse = self.dialog.findChild(Pulse)
        assert isinstance(pulse, Pulse)
        for _ in range(times):
            pulse.ticked.emit(levels, 1 / 30)

    def kept(self) -> Settings:
        """The settings that were saved last."""
        name, settings, _credential = self.wishes.made[-1]
        assert name == "save_settings"
        assert isinstance(settings, Settings)
        return settings

    def asked(self) -> list[object]:
        return [wish[1] for wish in self.wishes.made if wish[0] == "check_sound" and wish[1] is not Deed.STOP]


@pytest.fixture
def guide(appearance: Appearance, qtbot: QtBot) -> Iterator[Guide]:
    made = Guide()
    made.store.show_catalog(Catalog((MICROPHONE,), (SPEAKER,)))
    made.store.show_settings(Settings(welcomed=True, hearing=Hearing.HEADSET))
    made.dialog = SoundCheckDialog(made.store, made.wishes, lambda: made.levels, appearance)
    made.dialog.show()
    qtbot.waitExposed(made.dialog)
    made.show(Phase.READY)
    yield made
    made.dialog.close()
    made.dialog.deleteLater()
    made.store.deleteLater()


def test_it_has_the_devices_while_it_is_open(guide: Guide) -> None:
    assert guide.asked() == [Deed.BEGIN]
    guide.dialog.reject()
    assert guide.asked() == [Deed.BEGIN, Deed.END]


@pytest.mark.parametrize(
    ("step", "button", "deed", "phase"),
    [
        (0, "hearStepButton", Deed.PLAY, Phase.PLAYING),
        (2, "voiceStepButton", Deed.RECORD, Phase.RECORDING),
        (3, "echoStepButton", Deed.MEASURE, Phase.MEASURING),
    ],
)
def test_a_step_starts_stops_and_is_done(guide: Guide, step: int, button: str, deed: Deed, phase: Phase) -> None:
    guide.go_to(step)
    words = guide.button(button).text()
    guide.button(button).click()
    assert guide.asked()[-1] is deed
    guide.show(phase)
    assert guide.button(button).text() == "Stop"
    guide.button(button).click()
    assert guide.wishes.made[-1] == ("check_sound", Deed.STOP)
    guide.show(Phase.READY)
    assert guide.button("soundCheckForward").text() == "Skip"
    guide.show(Phase.READY, deed, ECHO)
    assert guide.button(button).text() == words
    assert guide.button("soundCheckForward").text() == ("Finish" if step == 3 else "Next")


def test_each_step_can_be_skipped_and_gone_back_to(guide: Guide) -> None:
    assert not guide.button("soundCheckBack").isEnabled()
    guide.go_to(3)
    guide.button("soundCheckBack").click()
    guide.go_to(2)
    assert guide.dialog.result() == QDialog.DialogCode.Accepted


def test_all_of_it_works_with_the_keyboard_alone(guide: Guide) -> None:
    for step, (first, button) in enumerate(
        [("soundCheckSpeaker", "hearStepButton"), ("soundCheckMicrophone", ""), ("", "voiceStepButton")]
    ):
        focused = guide.dialog.focusWidget()
        assert focused is not None
        assert focused.objectName() == (first or button)
        for name in filter(None, (button, "soundCheckForward")):
            for _ in range(8):
                if guide.dialog.focusWidget().objectName() == name:
                    break
                QTest.keyClick(guide.dialog.focusWidget(), Qt.Key.Key_Tab)
            QTest.keyClick(guide.dialog.focusWidget(), Qt.Key.Key_Space)
        assert len(guide.asked()) == [2, 2, 3][step]
    assert guide.dialog.focusWidget().objectName() == "echoStepButton"
    QTest.keyClick(guide.dialog, Qt.Key.Key_Escape)
    assert not guide.dialog.isVisible()


def test_the_tab_key_goes_through_a_step_as_it_stands(guide: Guide) -> None:
    guide.store.show_settings(Settings(level=LevelSettings(Target.NORMAL)))
    for order in (
        ["soundCheckSpeaker", "volumeSlider", "hearStepButton", "soundCheckClose"],
        ["soundCheckMicrophone", "levelTarget", "levelMatch", "soundCheckClose"],
    ):
        guide.reads(Levels(-22.0, -20.0), times=40)
        visited = []
        for _ in order:
            visited.append(guide.dialog.focusWidget().objectName())
            QTest.keyClick(guide.dialog.focusWidget(), Qt.Key.Key_Tab)
        assert visited == order
        guide.go_to(1)


def test_everything_has_a_name_for_screen_readers(guide: Guide) -> None:
    for widget in guide.dialog.findChildren(QWidget):
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus and widget.objectName():
            named = widget.accessibleName() or (widget.text() if isinstance(widget, QPushButton) else "")
            assert named, widget.objectName()


def test_ones_level_is_judged_by_its_peak_and_pauses_are_no_verdict(guide: Guide, qtbot: QtBot) -> None:
    guide.go_to(1)
    qtbot.waitUntil(lambda: "Nothing is heard" in guide.says("levelStep"))
    guide.levels = Levels(-46.0, -45.0)
    qtbot.waitUntil(lambda: guide.says("levelStep").startswith("Quiet"))
    guide.levels = Levels(-22.0, -20.0)
    qtbot.waitUntil(lambda: guide.says("levelStep") == "Good.")
    assert guide.button("soundCheckForward").text() == "Next"
    for pause in (Levels(-50.0, -20.0), Levels(-65.0, -45.0), Levels(-65.0, -65.0)):
        guide.reads(pause)
        assert guide.says("levelStep") == "Good."
    guide.levels = Levels(-5.0, -5.0)
    qtbot.waitUntil(lambda: guide.says("levelStep").startswith("Too loud"))


def test_a_voice_that_is_cut_off_is_said_whatever_its_level(guide: Guide) -> None:
    guide.go_to(1)
    guide.reads(Levels(-22.0, -20.0, clipped_blocks=7))
    assert guide.says("levelStep").startswith("Overdriven")
    guide.reads(Levels(-22.0, -20.0, clipped_blocks=7), times=200)
    assert guide.says("levelStep") == "Good."


def test_a_target_is_chosen_and_the_voice_is_brought_there_with_the_keyboard(guide: Guide) -> None:
    guide.go_to(1)
    target, match = guide.dialog.findChild(QComboBox, "levelTarget"), guide.button("levelMatch")
    assert isinstance(target, QComboBox)
    assert not match.isVisible()
    while guide.dialog.focusWidget() is not target:
        QTest.keyClick(guide.dialog.focusWidget(), Qt.Key.Key_Tab)
    for _ in range(2):
        QTest.keyClick(target, Qt.Key.Key_Down)
    assert guide.kept().level == LevelSettings(Target.NORMAL)
    guide.store.show_settings(guide.kept())
    assert match.isVisible()
    guide.reads(Levels(-43.0, -41.0))
    assert guide.says("levelStep") == "Quiet. “Match my voice” brings you there."
    assert not match.isEnabled()
    guide.reads(Levels(-43.0, -41.0), times=30)
    QTest.keyClick(guide.dialog.focusWidget(), Qt.Key.Key_Tab)
    assert guide.dialog.focusWidget() is match
    QTest.keyClick(match, Qt.Key.Key_Space)
    assert guide.kept().level == LevelSettings(Target.NORMAL, {"Desk microphone": -41.0})
    guide.store.show_settings(guide.kept())
    guide.reads(Levels(-60.0, -60.0, gain_db=17.0))
    assert guide.says("levelStep") == "Say it once more."
    guide.reads(Levels(-26.0, -24.0, gain_db=17.0))
    assert guide.says("levelStep") == "Good. Parlance changes your voice by +17 dB."


def test_what_no_gain_can_mend_is_left_to_the_person(guide: Guide) -> None:
    guide.store.show_settings(Settings(level=LevelSettings(Target.LOUD, {"Desk microphone": -54.0})))
    guide.go_to(1)
    guide.reads(Levels(-31.0, -30.0, gain_db=24.0))
    assert guide.says("levelStep").startswith("Quiet. Come closer")


def test_a_room_that_is_raised_is_no_voice(guide: Guide) -> None:
    guide.go_to(1)
    guide.reads(Levels(-40.0, -40.0, gain_db=24.0), times=40)
    assert guide.says("levelStep").startswith("Nothing is heard")
    assert not guide.button("levelMatch").isEnabled()


@pytest.mark.parametrize("step", ["levelStep", "voiceStep", "echoStep"])
def test_without_leave_to_use_the_microphone_no_dead_level_is_shown(guide: Guide, step: str) -> None:
    denied = notice_of(MicrophoneForbidden())
    guide.store.show_sound_check(SoundCheckView(Phase.READY, microphone=denied))
    guide.go_to(["hearStep", "levelStep", "voiceStep", "echoStep"].index(step))
    guide.reads(Levels())
    assert guide.says(step) == f"{denied.sentence} {denied.remedy}"
    if step != "levelStep":
        assert not guide.button(f"{step}Button").isEnabled()
        assert guide.dialog.focusWidget() is guide.button("soundCheckForward"), "where the keyboard can go on"
    guide.show(Phase.READY)
    guide.reads(Levels())
    assert "does not let" not in guide.says(step)
    if step != "levelStep":
        assert guide.button(f"{step}Button").isEnabled()


def test_that_a_person_will_be_asked_is_said_and_stands_in_nothing_s_way(guide: Guide) -> None:
    guide.store.show_sound_check(SoundCheckView(Phase.READY, microphone=MICROPHONE_ASKED))
    guide.go_to(2)
    assert guide.says("voiceStep").startswith(MICROPHONE_ASKED.sentence)
    assert guide.button("voiceStepButton").isEnabled()


def test_a_microphone_that_is_muted_in_the_system_is_said_until_it_is_not(guide: Guide) -> None:
    guide.go_to(1)
    guide.store.show_catalog(Catalog((replace(MICROPHONE, is_default=True, muted=True),), (SPEAKER,)))
    assert guide.says("levelStep").startswith("Your microphone is muted in the system settings")
    guide.store.show_catalog(Catalog((MICROPHONE,), (SPEAKER,)))
    guide.reads(Levels(-22.0, -20.0))
    assert guide.says("levelStep") == "Good."


def test_devices_are_chosen_in_it(guide: Guide) -> None:
    picker = guide.dialog.findChild(QComboBox, "soundCheckSpeaker")
    assert isinstance(picker, QComboBox)
    picker.activated.emit(1)
    assert guide.wishes.made[-1] == ("pick", Direction.SPEAKER, SPEAKER)
    guide.store.show_choices(Choice(), Choice("speaker", "Desk speakers"))
    assert picker.currentText() == "Desk speakers"


def test_the_number_is_shown_with_the_advice_which_can_be_taken(guide: Guide) -> None:
    guide.go_to(3)
    assert not guide.button("echoUse").isVisible()
    guide.show(Phase.READY, Deed.MEASURE, ECHO)
    assert "Echo at −31 dBFS" in guide.says("echoStep")
    assert "39 dB of it removed, 60 ms late" in guide.says("echoStep")
    assert "Use loudspeaker mode" in guide.says("echoStep")
    guide.button("echoUse").click()
    name, settings, credential = guide.wishes.made[-1]
    assert (name, credential) == ("save_settings", None)
    assert isinstance(settings, Settings)
    assert settings.hearing is Hearing.LOUDSPEAKER
    guide.store.show_settings(settings)
    assert not guide.button("echoUse").isEnabled()


@pytest.mark.parametrize(("advice", "takes"), [(Advice.HALF_DUPLEX, True), (Advice.UNSURE, False)])
def test_what_is_unclear_recommends_nothing(guide: Guide, advice: Advice, takes: bool) -> None:
    guide.go_to(3)
    guide.show(Phase.READY, Deed.MEASURE, replace(ECHO, advice=advice))
    assert guide.button("echoUse").isVisible() is takes


def test_a_trouble_is_said(guide: Guide) -> None:
    guide.go_to(3)
    guide.store.show_sound_check(SoundCheckView(Phase.READY, trouble="Echo cancelling is not available."))
    assert guide.says("echoStep") == "Echo cancelling is not available."


def test_a_call_ends_it(guide: Guide) -> None:
    guide.store.show_view(View(Look.CONNECTING))
    assert not guide.dialog.isVisible()
    assert guide.asked()[-1] is Deed.END


def test_it_opens_from_the_menu_between_two_calls_only(bench: Bench) -> None:
    action = next(action for action in bench.window.actions() if action.text() == "Set up sound…")
    bench.show(look=Look.LISTENING)
    assert not action.isEnabled()
    bench.show(look=Look.DISCONNECTED)
    action.trigger()
    assert len(bench.window.findChildren(SoundCheckDialog)) == 1
    bench.child(SoundCheckDialog, "soundCheckDialog").close()
