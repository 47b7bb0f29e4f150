"""Diagram -> Mermaid text, for pages and wikis that draw it themselves."""

from __future__ import annotations

from moniel2.layout.diagram import OWN, SHARED, Body, Diagram, times

_DIRECTIONS = {"down": "TB", "right": "LR", "up": "BT", "left": "RL"}


def mermaid(diagram: Diagram) -> str:
    """A flowchart: subgraphs for open blocks, rounded boxes for operations, doubled ones for closed blocks."""
    writer = _Writer()
    if diagram.title:
        writer.lines += ["---", f'title: "{quoted(diagram.title)}"', "---"]
    writer.lines.append(f"flowchart {_DIRECTIONS[diagram.direction]}")
    ins, outs = writer.body(diagram.body, "n", 1)
    for number, port in enumerate(diagram.body.inputs):
        writer.lines.append(f'    in{number}(["{quoted(port.name or "in")}"])')
    for number, port in enumerate(diagram.body.outputs):
        writer.lines.append(f'    out{number}(["{quoted(port.name or "out")}"])')
    for number, targets in enumerate(ins):
        for target in targets:
            writer.edges.append((f"in{number}", target, diagram.body.inputs[number].label, False))
    for number, source in enumerate(outs):
        for one in source:
            start = f"in{one[1:]}" if one.startswith("@") else one
            writer.edges.append((start, f"out{number}", diagram.body.outputs[number].label, False))
    for source_id, target, label, dashed in writer.edges:
        arrow = "-.->" if dashed else "-->"
        text = f'|"{quoted(label)}"|' if label else ""
        writer.lines.append(f"    {source_id} {arrow}{text} {target}")
    writer.lines += [f'    {one} -.-|"{SHARED}"| {other}' for one, other in writer.links]
    return "\n".join(writer.lines) + "\n"


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.edges: list[tuple[str, str, str, bool]] = []
        self.links: list[tuple[str, str]] = []  # parts with one set of weights

    def body(self, body: Body, prefix: str, depth: int) -> tuple[list[list[str]], list[list[str]]]:
        """Write the parts; gives what takes each input, and what each output comes from ("@0" is an own input)."""
        pad = "    " * depth
        takes: list[list[list[str]]] = []
        gives: list[list[list[str]]] = []
        names = {part.key: f"{prefix}_{number}" for number, part in enumerate(body.parts)}
        self.links += [(names[p.shares], names[p.key]) for p in body.parts if p.shares in names]
        for part in body.parts:
            name = names[part.key]
            words = quoted(part.first) + (f"<br/>{quoted(part.second)}" if part.second and part.inside is None else "")
            if often := times(part):
                words += f" {quoted(often)}"
            if part.inside is None:
                box = (
                    f'(("{quoted(part.glyph)}"))'
                    if part.glyph
                    else f'[["{words}"]]'
                    if part.kind == "block"
                    else f'("{words}")'
                )
                self.lines.append(f"{pad}{name}{box}")
                takes.append([[name]] * max(part.inputs, 1))
                gives.append([[name]] * max(len(part.outputs), 1))
                continue
            self.lines.append(f'{pad}subgraph {name}["{words}"]')
            ins, outs = self.body(part.inside, name, depth + 1)
            self.lines.append(f"{pad}end")
            if part.dashed:
                self.lines.append(f"{pad}style {name} stroke-dasharray:5 4")
            takes.append(ins or [[name]])
            gives.append([o if o and not o[0].startswith("@") else [name] for o in outs] or [[name]])
        ins_: list[list[str]] = [[] for _ in body.inputs]
        outs_: list[list[str]] = [[] for _ in body.outputs]
        for arrow in body.arrows:
            if arrow.source == OWN and arrow.target == OWN:
                outs_[arrow.into].append(f"@{arrow.out}")
                continue
            targets = [""] if arrow.target == OWN else _pick(takes[arrow.target], arrow.into)
            if arrow.source == OWN:
                ins_[arrow.out] += targets
                continue
            sources = _pick(gives[arrow.source], arrow.out)
            if arrow.target == OWN:
                outs_[arrow.into] += sources
                continue
            outputs = body.parts[arrow.source].outputs
            label = outputs[arrow.out] if arrow.out < len(outputs) else ""
            for source in sources:
                for target in targets:
                    self.edges.append((source, target, label, arrow.dashed))
        return ins_, outs_


def _pick(places: list[list[str]], number: int) -> list[str]:
    return places[number] if number < len(places) else places[-1]


def quoted(text: str) -> str:
    """Text inside Mermaid's quotes: nothing of it is markup."""
    table = {'"': "#quot;", "#": "#35;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "\n": " ", "`": "#96;", "|": "#124;"}
    return "".join(table.get(c, c) for c in text)
