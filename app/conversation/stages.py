"""The steps of connecting, by the words that a person reads when one takes too long."""

from enum import Enum


class Stage(Enum):
    """What an attempt is waiting for."""

    REHEARSAL = "starting the rehearsal server"
    TOKEN = "fetching a token"
    OFFER = "preparing the call"
    EXCHANGE = "calling the server"
    TRANSPORT = "opening the media path"
    CHANNEL = "opening the event channel"
