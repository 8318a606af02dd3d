"""Alerts as a graph."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from ._chain import Node, chain

if TYPE_CHECKING:
    import networkx

    from ._alerts import Alerts


def graph(alerts: Alerts) -> networkx.MultiDiGraph:
    """The chains of all alerts as one graph."""
    try:
        import networkx
    except ImportError as error:
        raise ImportError("alerts.graph() needs networkx: pip install networkx") from error
    found = networkx.MultiDiGraph()
    for alert in alerts:
        one = chain(alert)

        def add(node: Node, host: str = alert.host) -> None:
            members = asdict(node.process) if node.process else {}
            known = {name: value for name, value in members.items() if value is not None}
            found.add_node(node.key, kind=node.kind, label=node.label, host=host, **known)

        for node in one.drive + one.lineage:
            add(node)
        if one.initiator is not None:
            found.nodes[one.initiator.key].setdefault("initiator_of", []).append(alert.id)
        for edge in one.edges:
            # The lineage of two alerts may share its steps: each is one edge.
            key = edge.kind if edge.kind not in ("initiates", "acts", "reaches") else f"{edge.kind} {alert.id}"
            attributes = {"kind": edge.kind, "alert": alert.id, "code": alert.code, "severity": alert.severity}
            found.add_edge(edge.source.key, edge.target.key, key=key, **attributes)
    return found
