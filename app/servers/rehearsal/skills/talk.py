"""Manners, help, jokes and a story."""

import re
from collections.abc import Callable
from typing import Final

from app.servers.rehearsal.skills.skill import Answer, Asked, Skill

HELP: Final = (
    "You can ask me for the time or the date, for sums like seventeen plus five, and for miles in kilometers. "
    "I roll dice, flip coins, set timers, and tell jokes and stories. Interrupt me whenever you like."
)
NOT_UNDERSTOOD: Final = "I did not catch that. Try: what time is it, or tell me a story."
WELCOME: Final = "Hello. I am your rehearsal partner. Ask me what I can do."

STORY: Final = (
    "Once there was a lighthouse at the end of a long pier, and in it lived an old keeper called Marten. "
    "Every evening he climbed the ninety nine steps, wiped the great lamp with his sleeve, and lit it. "
    "One autumn a storm came in from the west, so thick with rain that the beam ended a stone's throw from the "
    "window. "
    "Marten thought of the fishing boats that were still outside, and he did not like it at all. "
    "Then he remembered the horn. "
    "It had been his grandfather's, it was made of brass, and it had not been blown for forty years. "
    "He carried it out on the gallery, leaned against the wind, and blew. "
    "What came out was less a note than the cough of a very large cow. "
    "He blew again, and far away, between two gusts, something answered. "
    "It was a boat's bell, two short and one long, which among fishermen means: we hear you, go on. "
    "So he went on. "
    "He blew until his lips were numb, once for every ten breaths, and each time the bell was a little nearer. "
    "Toward midnight the first boat slipped past the pier, then the second, and then all seven of them. "
    "In the morning the sea lay flat and silver, as if it had never done anything in its life. "
    "The fishermen climbed the ninety nine steps with a basket of smoked mackerel and a loaf of bread. "
    "They asked him to play them the tune again, the one that had brought them home. "
    "Marten laughed so hard that he had to sit down. "
    "But from then on, on every first day of autumn, the whole village gathers on the pier, and whoever owns a horn, "
    "a whistle or a bell brings it along. "
    "They say that it is the worst music on the entire coast, and that nobody would miss it for the world."
)

_JOKES: Final = (
    "Why did the scarecrow win a prize? Because he was outstanding in his field.",
    "I told my suitcase that there would be no holiday this year. Now I am dealing with emotional baggage.",
    "What do you call a bear without teeth? A gummy bear.",
    "Why do bees hum? Because they have forgotten the words.",
)


def _says(pattern: str, answer: str | Callable[[Asked], str]) -> Answer:
    """A skill's answer wherever the pattern is found."""
    compiled = re.compile(pattern)

    def answered(asked: Asked) -> str | None:
        if not compiled.search(asked.words):
            return None
        return answer if isinstance(answer, str) else answer(asked)

    return answered


def _greeting(asked: Asked) -> str:
    hour = asked.now.hour
    part = "morning" if 4 <= hour < 12 else "afternoon" if hour < 18 else "evening"
    return f"Good {part if hour >= 4 else 'evening'}. What can I do for you?"


TALK: Final = (
    Skill(
        ("say that again", "repeat that", "what did you say"),
        _says(
            r"\b(say (that|it) again|repeat (that|it)|what did you say|once more|pardon)\b",
            lambda asked: asked.memory.said or "I have not said anything yet.",
        ),
    ),
    Skill(("tell me a [long] story",), _says(r"\bstory\b", STORY)),
    Skill(
        ("tell me (a | another) joke",),
        _says(r"\bjoke\b|\bmake me laugh\b", lambda asked: asked.random.choice(_JOKES)),
    ),
    Skill(
        ("help", "help me", "what can you do", "what can i (say | ask)"),
        _says(r"^help( me)?$|\bwhat (can|do) (you|i) (do|say|ask)\b|\bcommands\b", HELP),
    ),
    Skill(
        ("who are you", "what is your name"),
        _says(
            r"\bwho are you\b|\byour name\b",
            "I am the rehearsal partner that comes with Parlance. I work without a network, and without much wit.",
        ),
    ),
    Skill(("how are you [today]",), _says(r"\bhow are you\b", "Very well, thank you. And ready to rehearse.")),
    Skill(("thank you", "thank you very much", "thanks"), _says(r"\b(thank you|thanks)\b", "You are welcome.")),
    Skill(
        ("goodbye", "bye bye", "see you later"),
        _says(r"\b(goodbye|good bye|bye|see you|good night)\b", "Goodbye, and come back soon."),
    ),
    Skill(
        ("stop", "be quiet", "never mind"),
        _says(r"^(please )?(stop|be quiet|quiet|never mind|cancel|enough|silence)\b", "All right."),
    ),
    Skill(
        ("hello", "good (morning | afternoon | evening)"),
        _says(r"^(hello|hi|hey)\b|\bgood (morning|afternoon|evening)\b", _greeting),
    ),
)
"""From the particular to the general: the first that fits answers."""
