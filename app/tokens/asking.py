"""A letter to one of the two sides, and the side's trouble when there is no reply."""

import logging

from app.tokens.answers import Reply
from app.tokens.failures import Side
from app.tokens.network import NetworkFault
from app.tokens.posting import Letter, NoReply, Post

_log = logging.getLogger("parlance.tokens")


async def ask(post: Post, side: Side, letter: Letter) -> Reply:
    """The reply, whatever its status; raises the side's trouble. Logs the status and nothing else."""
    if not letter.shown.sendable:
        raise side.sign_in_refused(401, "")
    reply = await post.send(letter)
    if isinstance(reply, NoReply):
        _log.info("x %s", reply.kind)
        if reply.too_long:
            raise side.unusable(reply.why)
        raise (side.timed_out() if reply.timed_out else side.unreachable(reply.why)) from NetworkFault(reply.kind)
    _log.info("< HTTP %d", reply.status)
    return reply
