"""The chain of an alert: its initiator, IPC object, target and lineage as nodes and edges."""

from __future__ import annotations

from dataclasses import dataclass, field

from ._alert import Alert, Process


@dataclass(frozen=True)
class Node:
    """A process, a remote caller or an IPC object."""

    key: tuple[object, ...]
    """The same for the same process or object in all alerts of a host."""
    kind: str
    """"process", "remote", "unknown" or "ipc"."""
    label: str
    """One line: name and pid; mechanism and name."""
    detail: str = ""
    """A second line: the command line, the user and address."""
    process: Process | None = None
    """The process, if it is one."""


@dataclass(frozen=True)
class Edge:
    """A relation of two nodes."""

    source: Node
    target: Node
    kind: str
    """Of lineage: "parent", "broker", "peer" or "injected". "initiates": the initiator made the actor act; "acts": a
    process acted on the IPC object; "reaches": through the object, the target was executed or injected."""


@dataclass
class Chain:
    """The chain of one alert."""

    drive: list[Node] = field(default_factory=list)
    """Initiator, actor, IPC object and target, in this order, each once."""
    lineage: list[Node] = field(default_factory=list)
    """The ancestors of the target or actor, the farthest first, and itself."""
    edges: list[Edge] = field(default_factory=list)
    """The edges between these nodes."""
    initiator: Node | None = None
    """Which of the nodes is the initiator."""


def of_process(host: str, process: Process, kind: str = "process") -> Node:
    """The node of a process."""
    own = process.unique_id or (process.pid, process.image)
    label = process.name if process.pid is None else f"{process.name} [{process.pid}]"
    return Node((host, "process", own), kind, label, process.command_line or process.image or "", process)


def chain(alert: Alert) -> Chain:
    """The chain of an alert."""
    found = Chain()
    who = alert.initiator
    if who.process is not None:
        initiator = of_process(alert.host, who.process)
    else:
        place = who.address or who.reason or ""
        label = who.user or who.address or who.kind
        initiator = Node((alert.host, who.kind, who.user, who.address), who.kind, label, place)
    found.initiator = initiator
    actor = of_process(alert.host, alert.actor) if alert.actor else None
    target = of_process(alert.host, alert.target) if alert.target else None
    ipc = None
    if alert.ipc is not None:
        key = (alert.host, "ipc", alert.ipc.mechanism, alert.ipc.name)
        ipc = Node(key, "ipc", alert.ipc.mechanism.replace("_", " "), alert.ipc.name or "")
    found.drive = [initiator]
    if actor is not None and actor.key != initiator.key and (target is None or actor.key != target.key):
        found.edges.append(Edge(initiator, actor, "initiates"))
        found.drive.append(actor)
    if ipc is not None:
        found.edges.append(Edge(found.drive[-1], ipc, "acts"))
        found.drive.append(ipc)
    if target is not None and all(node.key != target.key for node in found.drive):
        found.edges.append(Edge(found.drive[-1], target, "reaches"))
        found.drive.append(target)
    below = target or actor
    if below is not None:
        found.lineage = [below]
        for step in alert.lineage:
            node = of_process(alert.host, step.process)
            found.edges.append(Edge(node, found.lineage[0], step.edge))
            found.lineage.insert(0, node)
    return found
