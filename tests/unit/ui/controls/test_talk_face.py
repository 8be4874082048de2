from itertools import combinations

from app.conversation.settings import TalkMode
from app.conversation.view import Look, View
from app.ui.controls.talk_face import face_of


def test_no_two_states_differ_by_colour_alone() -> None:
    faces = {look: face_of(View(look)) for look in Look}
    for one, other in combinations(faces.values(), 2):
        assert (one.glyph, one.ring, one.outlined, one.caption) != (
            other.glyph,
            other.ring,
            other.outlined,
            other.caption,
        )
        assert (one.name, one.description) != (other.name, other.description)


def test_a_closed_microphone_does_not_look_open() -> None:
    assert face_of(View(Look.LISTENING, muted=True)).glyph == "mic-off"
    assert face_of(View(Look.LISTENING)).glyph == "mic"


def test_the_words_say_how_to_talk() -> None:
    assert "let go" in face_of(View(Look.LISTENING, push_to_talk=True)).description
    assert "Hold" in face_of(View(Look.RECONNECTING, push_to_talk=True)).description
    assert "Go on" in face_of(View(Look.RECONNECTING)).description
    assert "Unmute" in face_of(View(Look.RECONNECTING, muted=True)).description
    assert "Let go" in face_of(View(Look.ON_AIR, push_to_talk=True)).description


def test_the_words_know_what_the_talk_key_does() -> None:
    toggle, lock, mute = TalkMode.TOGGLE, TalkMode.HOLD_OR_LOCK, TalkMode.PUSH_TO_MUTE
    for look in (Look.CONNECTING, Look.LISTENING, Look.ON_AIR, Look.RECONNECTING):
        words = face_of(View(look, push_to_talk=True, talk_mode=toggle)).description
        assert "ress" in words
        assert "old" not in words
    assert "Press" not in face_of(View(Look.CONNECTING, talk_mode=toggle)).description
    assert "twice" in face_of(View(Look.LISTENING, push_to_talk=True, talk_mode=lock)).description
    assert "muted" in face_of(View(Look.LISTENING, talk_mode=mute)).description
