from app.conversation.view import Look, View
from app.ui.state_announcer import StateAnnouncer
from app.ui.store import Store


def heard(*views: View) -> list[str]:
    store, said = Store(), list[str]()
    announcer = StateAnnouncer(store, said.append)
    for view in views:
        store.show_view(view)
    announcer.deleteLater()
    return said


READY = View(Look.LISTENING, "Ready", "Hold Space or the button, and speak")


def test_connecting_and_losing_the_connection_is_read(qapp: object) -> None:
    assert heard(
        View(Look.CONNECTING, "Connecting", "Finding a way"),
        View(Look.CONNECTING, "Connecting", "Setting up the session"),
        READY,
        View(Look.RECONNECTING, "Reconnecting", "Go on speaking"),
        READY,
        View(Look.LEAVING, "Hanging up", ""),
        View(),
    ) == [
        "Connecting",
        "Connected. Ready. Hold Space or the button, and speak",
        "Reconnecting",
        "Connected. Ready. Hold Space or the button, and speak",
        "Not connected",
    ]


def test_nothing_is_read_into_a_microphone_that_is_on_air(qapp: object) -> None:
    turns = (View(Look.ON_AIR, "On air"), View(Look.THINKING, "Thinking"), View(Look.SPEAKING, "Speaking"), READY)
    assert heard(READY, *turns)[1:] == []


def test_mute_is_read(qapp: object) -> None:
    assert heard(READY, View(Look.LISTENING, "Muted", muted=True), READY)[1:] == ["Muted", "Not muted"]
