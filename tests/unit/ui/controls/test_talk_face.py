from itertools import combinations

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
