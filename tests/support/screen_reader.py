# mypy: ignore-errors
# It runs on the system's Python, whose pyatspi has no types.
"""What a screen reader sees of the window, as JSON lines. Run by the system's own Python, which has pyatspi.

Each line on standard input is a request, each line on standard output its answer:
    {"do": "look"}                            all nodes of the application, in order
    {"do": "act", "node": 7, "action": "Press"}  do something to a node of the last look
    {"do": "listen"}                          what was announced so far: words to be read at once
"""

import json
import sys
import time

import pyatspi
from gi.repository import GLib

STATES = {
    "checked": pyatspi.STATE_CHECKED,
    "enabled": pyatspi.STATE_ENABLED,
    "focused": pyatspi.STATE_FOCUSED,
    "showing": pyatspi.STATE_SHOWING,
}


def application(name):
    """The application of that name on the bus, waited for."""
    give_up_at_s = time.monotonic() + 40
    while time.monotonic() < give_up_at_s:
        for one in pyatspi.Registry.getDesktop(0):
            if one is not None and one.name == name:
                return one
        time.sleep(0.05)
    raise SystemExit(f"no application called {name}")


def flattened(node, depth=0):
    """The node and all below it."""
    yield node, depth
    for at in range(node.childCount):
        child = node.getChildAtIndex(at)
        if child is not None:
            yield from flattened(child, depth + 1)


def described(node, depth):
    """What a screen reader would know of a node."""
    states = node.getState()
    seen = {"role": node.getRoleName(), "name": node.name, "description": node.description, "depth": depth}
    seen["states"] = [name for name, state in STATES.items() if states.contains(state)]
    seen["labels"] = [
        relation.getTarget(0).name
        for relation in node.getRelationSet()
        if relation.getRelationType() == pyatspi.RELATION_LABELLED_BY
    ]
    try:
        box = node.queryComponent().getExtents(pyatspi.DESKTOP_COORDS)
        seen["box"] = [box.x, box.y, box.width, box.height]
    except NotImplementedError:
        seen["box"] = None
    try:
        seen["value"] = node.queryValue().currentValue
    except NotImplementedError:
        seen["value"] = None
    return seen


def act(node, wanted):
    """Do one of a node's actions."""
    actions = node.queryAction()
    for at in range(actions.nActions):
        if actions.getName(at) == wanted:
            return bool(actions.doAction(at))
    return False


def heard(said):
    """Everything announced, with what has just come."""
    waiting = GLib.MainContext.default()
    while waiting.pending():
        waiting.iteration(False)
    return said


def main():
    """Answer until standard input ends."""
    said = []
    pyatspi.Registry.registerEventListener(lambda event: said.append(str(event.any_data)), "object:announcement")
    app = application(sys.argv[1])
    print(json.dumps({"ready": True}), flush=True)
    nodes = []
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "look":
                nodes = list(flattened(app))
                answer = [described(node, depth) for node, depth in nodes]
            elif request["do"] == "listen":
                answer = heard(said)
            else:
                answer = act(nodes[request["node"]][0], request["action"])
        except Exception as gone:  # noqa: BLE001  the window changed under our eyes: whoever asked looks again
            answer = {"error": str(gone)}
        print(json.dumps(answer), flush=True)


main()
