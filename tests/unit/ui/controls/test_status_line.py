from dataclasses import replace

from PySide6.QtWidgets import QLabel

from app.conversation.settings import Settings
from app.conversation.view import View
from tests.unit.ui.windows import Bench

PAID = Settings(profile="openai", welcomed=True)


def spending(bench: Bench) -> QLabel:
    return bench.child(QLabel, "spending")


def test_what_it_costs_stands_at_the_end(bench: Bench) -> None:
    bench.store.show_settings(PAID)
    assert not spending(bench).isVisible()
    bench.show(cost_usd=0.0412, tokens=1834, hint="")
    bench.window.resize(720, 700)
    assert spending(bench).text() == "0.04 $ · 1.8 k tokens"
    assert "1,834 tokens" in spending(bench).toolTip()
    assert spending(bench).accessibleName() == spending(bench).toolTip()


def test_a_small_window_has_room_for_the_money(bench: Bench) -> None:
    bench.store.show_settings(PAID)
    bench.show(cost_usd=0.0412, tokens=1834, hint="Speak")
    bench.window.resize(360, 560)
    assert spending(bench).text() == "0.04 $"
    assert spending(bench).isVisible()


def test_the_hint_matters_more(bench: Bench) -> None:
    bench.store.show_settings(PAID)
    bench.show(cost_usd=0.0412, tokens=1834, hint="Go on speaking: it is kept and delivered " * 3)
    assert not spending(bench).isVisible()


def test_the_rehearsal_server_is_free(bench: Bench) -> None:
    bench.show(tokens=1834, hint="")
    assert not spending(bench).isVisible()
    assert spending(bench).toolTip() == ""
    bench.store.show_settings(replace(PAID, cost_cap_usd=2.0))
    assert spending(bench).isVisible()
    assert "2.00" in spending(bench).toolTip()


def test_the_limit_is_no_news_while_nothing_was_used(bench: Bench) -> None:
    bench.store.show_settings(replace(PAID, cost_cap_usd=2.0))
    bench.store.show_view(View())
    assert spending(bench).toolTip() == ""
