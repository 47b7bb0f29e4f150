"""How big things are, and the distances between them: all that the arithmetic needs besides the plan."""

from __future__ import annotations

from dataclasses import dataclass, field

GAP = 15.0  # from a box to the next one below it when no wire runs sideways
FIRST_TRACK = 9.0  # from a box down to the first track
LAST_TRACK = 12.0  # from the last track to the box below: an arrow head and a little
TRACK = 8.0  # from track to track
PORT_GAP = 6.0  # from a port on the frame to what is next to it, besides the tracks
BRANCH = 18.0  # between boxes side by side
LANE = 14.0  # from a box to a lane and from lane to lane
WIRE = 12.0  # from wire to wire in a region
LINE_UP = 44.0  # lanes above each other line up when none has to move further than this
JOG = 8.0  # a wire doesn't go sideways for less than this between two lanes
SYMMETRIC = 60.0  # branches stand symmetrically when that costs no more width than this
ENTRY = 14.0  # between wires that enter a box side by side
STUB = 14.0  # a wire that enters from the side is at least this long


@dataclass(frozen=True, slots=True)
class Size:
    """A vertex: its box, where its ports are on it (from its left edge), and the labels right of its outputs.

    ``below`` is the height of the labels under the box, ``above`` that of what stands over it. ``side_ports`` are
    heights on the box of the inputs that sit on its side, by port.
    """

    w: float
    h: float
    ins: tuple[float, ...] = ()
    outs: tuple[float, ...] = ()
    side_ports: tuple[tuple[int, float], ...] = ()
    right: float = 0.0  # how far a label sticks out over the right edge
    left: float = 0.0
    below: float = 0.0
    above: float = 0.0
    main_in: int = -1  # of an open block: the ports that its own spine starts and ends at
    main_out: int = -1

    def into(self, port: int) -> float:
        return self.ins[port] if port < len(self.ins) else self.w / 2

    def out(self, port: int) -> float:
        return self.outs[port] if port < len(self.outs) else self.w / 2

    def side_port(self, port: int) -> float:
        for known, y in self.side_ports:
            if known == port:
                return y
        return self.h / 2


@dataclass(slots=True)
class Arrangement:
    """Where everything stands. x is relative to the spine, y to the top of the first row."""

    left: float
    right: float
    height: float
    x: list[float]  # left edges
    y: list[float]  # upper edges
    wires: list[list[tuple[float, float]]] = field(default_factory=list)
    side_ports: dict[int, float] = field(default_factory=dict)  # of ports on the frame's side: their height
