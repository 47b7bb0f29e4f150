"""Diagram -> DOT text through pydot, for people who go on from there."""

from __future__ import annotations

from typing import Any, cast

from moniel2.backends.theme import Theme
from moniel2.layout.diagram import OWN, SHARED, Body, Diagram, Part, times

_DIRECTIONS = {"down": "TB", "right": "LR", "up": "BT", "left": "RL"}


def dot(diagram: Diagram, theme: Theme) -> str:
    """A digraph with a cluster for each open block."""
    import pydot

    graph = pydot.Dot(
        "model",
        graph_type="digraph",
        rankdir=_DIRECTIONS[diagram.direction],
        fontname="Helvetica",
        label=_text(diagram.title),
        labelloc="t",
        compound="true",
    )
    words, quiet, line = (_text(theme.ink(key).fill) for key in ("text", "text.shape", "wire"))
    graph.set_graph_defaults(bgcolor=_text(theme.ink("page").fill), fontcolor=words)
    graph.set_node_defaults(fontname="Helvetica", fontcolor=words, fontsize="11", shape="box", style="rounded,filled")
    graph.set_edge_defaults(fontname="Helvetica", fontcolor=quiet, color=line, fontsize="9", arrowsize="0.7")
    writer = _Writer(theme)
    ins, outs = writer.body(diagram.body, graph, "n")
    for number, port in enumerate(diagram.body.inputs):
        graph.add_node(pydot.Node(f"in{number}", label=_text(port.name or "in"), shape="plaintext", style='""'))
        for target in ins[number]:
            writer.edges.append((f"in{number}", target, port.label, False))
    for number, port in enumerate(diagram.body.outputs):
        graph.add_node(pydot.Node(f"out{number}", label=_text(port.name or "out"), shape="plaintext", style='""'))
        for source in outs[number]:
            start = f"in{source[1:]}" if source.startswith("@") else source
            writer.edges.append((start, f"out{number}", port.label, False))
    for source, target, label, dashed in writer.edges:
        style = "dashed" if dashed else "solid"
        graph.add_edge(pydot.Edge(source, target, label=_text(label), style=style))
    for one, other, ends in writer.links:
        told = {"label": _text(SHARED), "style": "dashed", "dir": "none", "constraint": "false", **ends}
        graph.add_edge(pydot.Edge(one, other, **cast("dict[str, Any]", told)))
    written: str = graph.to_string()
    return written if written.endswith("\n") else written + "\n"


class _Writer:
    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.edges: list[tuple[str, str, str, bool]] = []
        self.links: list[tuple[str, str, dict[str, str]]] = []  # parts with one set of weights

    def body(self, body: Body, graph: Any, prefix: str) -> tuple[list[list[str]], list[list[str]]]:
        """Write the parts into a (sub)graph; gives what takes each input and what each output comes from."""
        import pydot

        takes: list[list[list[str]]] = []
        gives: list[list[list[str]]] = []
        for number, part in enumerate(body.parts):
            name = f"{prefix}_{number}"
            words = f"{part.first} {times(part)}".rstrip()
            if part.inside is None:
                ink = self.theme.ink(part.theme, part.tint)
                shape = {"shape": "circle", "label": _text(part.glyph)} if part.glyph else {}
                label = f"{words}\n{part.second}" if part.second else words
                look = {
                    "label": _text(label),
                    "fillcolor": f'"{ink.fill}"',
                    **({"fontcolor": f'"{self.theme.ink("text", on=part.tint).fill}"'} if part.tint else {}),
                    "color": f'"{ink.stroke}"',
                    "peripheries": "2" if part.kind == "block" else "1",
                    "style": '"rounded,filled,dashed"' if part.dashed else '"rounded,filled"',
                    **shape,
                }
                graph.add_node(pydot.Node(name, **cast("dict[str, Any]", look)))
                takes.append([[name]] * max(part.inputs, 1))
                gives.append([[name]] * max(len(part.outputs), 1))
                continue
            style = '"rounded,dashed"' if part.dashed else "rounded"
            cluster = pydot.Cluster(name, label=_text(words), labeljust="l", style=style, color="gray50")
            ins, outs = self.body(part.inside, cluster, name)
            graph.add_subgraph(cluster)
            takes.append(ins)
            gives.append([o for o in outs if not (o and o[0].startswith("@"))])
        self._link(body, prefix)
        ins_: list[list[str]] = [[] for _ in body.inputs]
        outs_: list[list[str]] = [[] for _ in body.outputs]
        for arrow in body.arrows:
            if arrow.source == OWN and arrow.target == OWN:
                outs_[arrow.into].append(f"@{arrow.out}")
                continue
            targets = [] if arrow.target == OWN else _pick(takes[arrow.target], arrow.into)
            if arrow.source == OWN:
                ins_[arrow.out] += targets
                continue
            sources = _pick(gives[arrow.source], arrow.out)
            if arrow.target == OWN:
                outs_[arrow.into] += sources
                continue
            outputs = body.parts[arrow.source].outputs
            label = outputs[arrow.out] if arrow.out < len(outputs) else ""
            self.edges += [(s, t, label, arrow.dashed) for s in sources for t in targets]
        return ins_, outs_

    def _link(self, body: Body, prefix: str) -> None:
        """An edge that has to do with a cluster goes from node to node and is cut at the cluster's border."""
        found = {part.key: (f"{prefix}_{n}", part) for n, part in enumerate(body.parts)}
        for name, part in found.values():
            if part.shares not in found:
                continue
            other, whole = found[part.shares]
            ends = [(other, whole, "ltail"), (name, part, "lhead")]
            cut = {side: f"cluster_{one}" for one, p, side in ends if p.inside is not None}
            self.links.append((_within(other, whole), _within(name, part), cut))


def _within(name: str, part: Part) -> str:
    """The first node in a part, which is itself if it is closed."""
    while part.inside is not None and part.inside.parts:
        name, part = f"{name}_0", part.inside.parts[0]
    return name


def _pick(places: list[list[str]], number: int) -> list[str]:
    if not places:
        return []
    return places[number] if number < len(places) else places[-1]


def _text(text: str) -> str:
    """A quoted DOT string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
