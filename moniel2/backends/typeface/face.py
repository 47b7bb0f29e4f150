"""A TrueType font, as far as figures need it: which characters it has, how wide they are, and their outlines."""

from __future__ import annotations

from functools import cached_property
from struct import unpack_from

Point = tuple[float, float]
# "M" and "L" with one point, "Q" with a control point and an end; "Z" closes. In units of the em, y up.
Command = tuple[str, tuple[Point, ...]]
ON_CURVE, X_SHORT, Y_SHORT, REPEAT, X_SAME, Y_SAME = 1, 2, 4, 8, 16, 32
WORDS, OFFSETS, SCALE, MORE, TWO_SCALES, MATRIX = 1, 2, 8, 32, 64, 128  # of a part of a compound glyph


class Face:
    """The tables of https://learn.microsoft.com/typography/opentype/spec that hold shapes and widths."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.data = data
        (count,) = unpack_from(">H", data, 4)
        records = (unpack_from(">4sLLL", data, 12 + 16 * k) for k in range(count))
        self.tables = {tag.decode("ascii"): start for tag, _, start, _ in records}
        self.em: int = unpack_from(">H", data, self.tables["head"] + 18)[0]
        self.long_offsets: bool = unpack_from(">h", data, self.tables["head"] + 50)[0] == 1
        self.metrics: int = unpack_from(">H", data, self.tables["hhea"] + 34)[0]

    def has(self, character: str) -> bool:
        return ord(character) in self.characters

    def advance(self, text: str) -> float:
        """The width of a text, in ems."""
        return sum(self._advance(self.characters.get(ord(c), 0)) for c in text) / self.em

    def outline(self, text: str) -> list[Command]:
        """The shapes of a text from its first letter's origin, in ems."""
        found: list[Command] = []
        at = 0
        for c in text:
            glyph = self.characters.get(ord(c), 0)
            for contour in self._contours(glyph, 0):
                shifted = [(x + at, y, on) for x, y, on in contour]
                found += [(name, tuple((x / self.em, y / self.em) for x, y in p)) for name, p in _curves(shifted)]
            at += self._advance(glyph)
        return found

    @cached_property
    def characters(self) -> dict[int, int]:
        """Code point -> glyph."""
        start = self.tables["cmap"]
        (count,) = unpack_from(">H", self.data, start + 2)
        for k in range(count):
            platform, encoding, offset = unpack_from(">HHL", self.data, start + 4 + 8 * k)
            if (platform, encoding) == (3, 1) and unpack_from(">H", self.data, start + offset)[0] == 4:
                return self._segments(start + offset)
        raise ValueError(f"{self.name} has no Unicode table of a known kind")

    def _segments(self, start: int) -> dict[int, int]:
        """A table of format 4: ranges of characters with a shift, or with glyphs listed."""
        count = unpack_from(">H", self.data, start + 6)[0] // 2
        ends = unpack_from(f">{count}H", self.data, start + 14)
        firsts = unpack_from(f">{count}H", self.data, start + 16 + 2 * count)
        shifts = unpack_from(f">{count}h", self.data, start + 16 + 4 * count)
        where = start + 16 + 6 * count
        offsets = unpack_from(f">{count}H", self.data, where)
        found: dict[int, int] = {}
        for k, (first, end, shift, offset) in enumerate(zip(firsts, ends, shifts, offsets, strict=True)):
            for code in range(first, min(end, 0xFFFE) + 1):
                glyph = code
                if offset:
                    (glyph,) = unpack_from(">H", self.data, where + 2 * k + offset + 2 * (code - first))
                    if not glyph:
                        continue
                found[code] = (glyph + shift) & 0xFFFF
        return {code: glyph for code, glyph in found.items() if glyph}

    def _advance(self, glyph: int) -> int:
        place = self.tables["hmtx"] + 4 * min(glyph, self.metrics - 1)
        width: int = unpack_from(">H", self.data, place)[0]
        return width

    def _contours(self, glyph: int, depth: int) -> list[list[tuple[float, float, bool]]]:
        """Closed lines of points on and off the curve."""
        if self.long_offsets:
            start, end = unpack_from(">LL", self.data, self.tables["loca"] + 4 * glyph)
        else:
            start, end = (2 * v for v in unpack_from(">HH", self.data, self.tables["loca"] + 2 * glyph))
        if start == end or depth > 4:
            return []
        place = self.tables["glyf"] + start
        (count,) = unpack_from(">h", self.data, place)
        return self._simple(place + 10, count) if count >= 0 else self._compound(place + 10, depth)

    def _simple(self, place: int, count: int) -> list[list[tuple[float, float, bool]]]:
        if not count:
            return []
        ends = unpack_from(f">{count}H", self.data, place)
        place += 2 * count
        place += 2 + unpack_from(">H", self.data, place)[0]
        flags: list[int] = []
        while len(flags) <= ends[-1]:
            flag = self.data[place]
            place += 1
            times = 1
            if flag & REPEAT:
                times += self.data[place]
                place += 1
            flags += [flag] * times
        xs, place = self._numbers(flags, place, X_SHORT, X_SAME)
        ys, place = self._numbers(flags, place, Y_SHORT, Y_SAME)
        points = [(float(x), float(y), bool(f & ON_CURVE)) for x, y, f in zip(xs, ys, flags, strict=True)]
        starts = [0, *(e + 1 for e in ends[:-1])]
        return [points[a : b + 1] for a, b in zip(starts, ends, strict=True)]

    def _numbers(self, flags: list[int], place: int, short: int, same: int) -> tuple[list[int], int]:
        """One coordinate of all points, each given as the step from the one before."""
        found: list[int] = []
        at = 0
        for flag in flags:
            if flag & short:
                at += self.data[place] if flag & same else -self.data[place]
                place += 1
            elif not flag & same:
                at += unpack_from(">h", self.data, place)[0]
                place += 2
            found.append(at)
        return found, place

    def _compound(self, place: int, depth: int) -> list[list[tuple[float, float, bool]]]:
        """Other glyphs, moved and scaled: letters with accents."""
        found: list[list[tuple[float, float, bool]]] = []
        flags = MORE
        while flags & MORE:
            flags, glyph = unpack_from(">HH", self.data, place)
            dx, dy = unpack_from(">hh" if flags & WORDS else ">bb", self.data, place + 4)
            place += 8 if flags & WORDS else 6
            if not flags & OFFSETS:
                dx = dy = 0
            a, b, c, d = 1.0, 0.0, 0.0, 1.0
            if flags & SCALE:
                a = d = unpack_from(">h", self.data, place)[0] / 16384
                place += 2
            elif flags & TWO_SCALES:
                a, d = (v / 16384 for v in unpack_from(">hh", self.data, place))
                place += 4
            elif flags & MATRIX:
                a, b, c, d = (v / 16384 for v in unpack_from(">hhhh", self.data, place))
                place += 8
            for contour in self._contours(glyph, depth + 1):
                found.append([(a * x + c * y + dx, b * x + d * y + dy, on) for x, y, on in contour])
        return found


def _curves(contour: list[tuple[float, float, bool]]) -> list[Command]:
    """A closed line as commands: between two points off the curve lies one on it."""
    first = next((k for k, (_, _, on) in enumerate(contour) if on), -1)
    if first < 0:
        (ax, ay, _), (bx, by, _) = contour[-1], contour[0]
        contour = [((ax + bx) / 2, (ay + by) / 2, True), *contour]
        first = 0
    ring = contour[first:] + contour[: first + 1]
    found: list[Command] = [("M", ((ring[0][0], ring[0][1]),))]
    control: Point | None = None
    for x, y, on in ring[1:]:
        if on and control is None:
            found.append(("L", ((x, y),)))
        elif on and control is not None:
            found.append(("Q", (control, (x, y))))
            control = None
        else:
            if control is not None:
                found.append(("Q", (control, ((control[0] + x) / 2, (control[1] + y) / 2))))
            control = (x, y)
    return [*found, ("Z", ())]
