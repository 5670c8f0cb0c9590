"""Cutting of outlines into areas that tile exactly: integer micro-degrees, axis-parallel cuts, shared vertices.

Every cut of an edge is remembered, so that neighbours on the other side and parents above get the same vertex.
"""

import math

SCALE = 1_000_000


def area_of(ring):
    """Signed doubled area in square micro-degrees; rings are open lists of (x, y)."""
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1]))


def _crosses(p, q, r, s):
    """Whether two segments without a common end meet."""
    def side(a, b, c):
        value = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        return (value > 0) - (value < 0)

    def between(a, b, c):
        return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])

    d1, d2, d3, d4 = side(p, q, r), side(p, q, s), side(r, s, p), side(r, s, q)
    if d1 * d2 < 0 and d3 * d4 < 0:
        return True
    return ((d1 == 0 and between(p, q, r)) or (d2 == 0 and between(p, q, s)) or (d3 == 0 and between(r, s, p))
            or (d4 == 0 and between(r, s, q)))


def is_simple(ring):
    if len(ring) < 3 or len(set(ring)) != len(ring):
        return False
    edges = list(zip(ring, ring[1:] + ring[:1]))
    return not any(_crosses(*edges[i], *edges[j]) for i in range(len(edges)) for j in range(i + 2, len(edges))
                   if not (i == 0 and j == len(edges) - 1))


class Tiling:
    """Remembers where edges were cut."""

    def __init__(self):
        self._splits = {}

    def _expand_edge(self, a, b, out):
        """Appends a and every remembered vertex strictly between a and b."""
        middle = self._splits.get((a, b) if a < b else (b, a))
        if middle is None:
            out.append(a)
            return
        self._expand_edge(a, middle, out)
        self._expand_edge(middle, b, out)

    def expand(self, ring):
        out = []
        for a, b in zip(ring, ring[1:] + ring[:1]):
            self._expand_edge(a, b, out)
        return out

    @staticmethod
    def _crossings(ring, axis, at):
        """Nodes of the ring with its crossings of coordinate `at`, and what the crossings split. None when two
        crossings fall together after rounding or on an end."""
        nodes, cuts = [], []
        for a, b in zip(ring, ring[1:] + ring[:1]):
            nodes.append((a, False))
            if (a[axis] < at) != (b[axis] < at):
                low, high = (a, b) if a < b else (b, a)
                other = 1 - axis
                along = low[other] + (high[other] - low[other]) * (at - low[axis]) / (high[axis] - low[axis])
                point = (at, round(along)) if axis == 0 else (round(along), at)
                if point in (a, b):
                    return None
                nodes.append((point, True))
                cuts.append((point, low, high))
        if len({point for point, _, _ in cuts}) != len(cuts):
            return None
        return nodes, cuts

    def _split(self, nodes, cuts, axis, at):
        """Splits one ring: ([low side], [high side])."""
        for point, low, high in cuts:
            self._splits[low, high] = point
        points = sorted((point for point, _, _ in cuts), key=lambda point: point[1 - axis])
        mate = {}
        for first, second in zip(points[::2], points[1::2]):
            mate[first], mate[second] = second, first
        return self._assemble(nodes, mate, axis, at)

    @staticmethod
    def _assemble(nodes, mate, axis, at):
        sides = ([], [])
        if not mate:
            sides[nodes[0][0][axis] >= at].append([point for point, _ in nodes])
            return sides
        start = next(i for i, (_, cut) in enumerate(nodes) if cut)
        nodes = nodes[start:] + nodes[:start]
        chains = {}  # first cut point -> (side, points from it to the next cut point)
        current = [nodes[0][0]]
        for point, cut in nodes[1:] + nodes[:1]:
            current.append(point)
            if cut:
                chains[current[0]] = (current[1][axis] >= at, current)
                current = [point]
        while chains:
            first, (side, points) = next(iter(chains.items()))
            del chains[first]
            ring = list(points)
            while mate[ring[-1]] != first:
                _, more = chains.pop(mate[ring[-1]])
                ring += more
            sides[side].append(ring)
        return sides

    def cut(self, rings, share):
        """Splits a set of rings across its longer side; the west or north part gets about `share` of the area."""
        rings = [self.expand(ring) for ring in rings]
        xs, ys = ([p[axis] for ring in rings for p in ring] for axis in (0, 1))
        squeeze = math.cos(math.radians((min(ys) + max(ys)) / 2 / SCALE))
        axis = 0 if (max(xs) - min(xs)) * squeeze >= max(ys) - min(ys) else 1
        low_share = share if axis == 0 else 1 - share  # north is the high side
        low, high = (min(xs), max(xs)) if axis == 0 else (min(ys), max(ys))
        total = sum(abs(area_of(ring)) for ring in rings)
        for _ in range(32):
            middle = (low + high) // 2
            if sum(abs(area_of(_below(ring, axis, middle))) for ring in rings) < total * low_share:
                low = middle
            else:
                high = middle
        at = high
        while True:
            at += 1
            if any(point[axis] == at for ring in rings for point in ring):
                continue
            found = [self._crossings(ring, axis, at) for ring in rings]
            if None not in found:
                break
        parts = [self._split(nodes, cuts, axis, at) for nodes, cuts in found]
        below = [ring for part in parts for ring in part[0]]
        above = [ring for part in parts for ring in part[1]]
        return (below, above) if axis == 0 else (above, below)

    def divide(self, rings, weights):
        """Recursive bisection into len(weights) parts with about these shares of the area, west and north first."""
        if len(weights) == 1:
            return [rings]
        half = len(weights) // 2
        first, second = self.cut(rings, sum(weights[:half]) / sum(weights))
        return self.divide(first, weights[:half]) + self.divide(second, weights[half:])

    def geometry(self, rings):
        """GeoJSON of rings with all remembered vertices, outer rings anticlockwise, joined where they share edges."""
        rings = dissolve([self.expand(ring) for ring in rings])
        outer = [ring for ring in rings if area_of(ring) > 0]
        holes = [ring for ring in rings if area_of(ring) < 0]
        if holes and len(outer) > 1:
            raise SystemExit("holes in a shape of several parts: say which part they belong to")
        polygons = [[[[x / SCALE, y / SCALE] for x, y in ring + ring[:1]] for ring in [part] + holes] for part in outer]
        if len(polygons) == 1:
            return {"type": "Polygon", "coordinates": polygons[0]}
        return {"type": "MultiPolygon", "coordinates": polygons}


def _below(ring, axis, at):
    """Sutherland–Hodgman, for areas only: bridges of no width do not matter."""
    out = []
    for a, b in zip(ring, ring[1:] + ring[:1]):
        if a[axis] < at:
            out.append(a)
        if (a[axis] < at) != (b[axis] < at):
            t = (at - a[axis]) / (b[axis] - a[axis])
            out.append((a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t))
    return out


def _deviation(p, a, b):
    """Distance of p from segment ab in metres."""
    squeeze = math.cos(math.radians(p[1] / SCALE)) * 111_320 / SCALE
    scale = 110_950 / SCALE
    px, py = (p[0] - a[0]) * squeeze, (p[1] - a[1]) * scale
    bx, by = (b[0] - a[0]) * squeeze, (b[1] - a[1]) * scale
    length = bx * bx + by * by
    t = max(0.0, min(1.0, (px * bx + py * by) / length)) if length else 0.0
    return math.hypot(px - t * bx, py - t * by)


def simplify_arc(arc, tolerance_m):
    """Douglas–Peucker between fixed ends."""
    if len(arc) < 3:
        return arc
    index, worst = max(((i, _deviation(arc[i], arc[0], arc[-1])) for i in range(1, len(arc) - 1)), key=lambda t: t[1])
    if worst <= tolerance_m:
        return [arc[0], arc[-1]]
    return simplify_arc(arc[:index + 1], tolerance_m)[:-1] + simplify_arc(arc[index:], tolerance_m)


def dissolve(rings):
    """Joins rings of one shape that share edges; outer rings anticlockwise."""
    rings = [ring if area_of(ring) > 0 else ring[::-1] for ring in rings]
    edges = {edge for ring in rings for edge in zip(ring, ring[1:] + ring[:1])}
    following = {}
    for a, b in sorted(edges):
        if (b, a) not in edges:
            if a in following:
                raise SystemExit("rings that touch in a point are not joined")
            following[a] = b
    joined = []
    while following:
        ring = [min(following)]
        while ring[-1] in following:
            ring.append(following.pop(ring[-1]))
        joined.append(ring[:-1])
    return joined


def simplify_coverage(shapes, tolerance_m):
    """shapes: {key: [open ring, ...]} that share vertices. Simplifies arcs between junctions once for both sides."""
    owners = {}
    for key, rings in shapes.items():
        for number, ring in enumerate(rings):
            for a, b in zip(ring, ring[1:] + ring[:1]):
                owners.setdefault((a, b) if a < b else (b, a), set()).add((key, number))
    return {key: [_simplify_ring(ring, owners, tolerance_m) for ring in rings] for key, rings in shapes.items()}


def _simplify_ring(ring, owners, tolerance_m):
    edges = list(zip(ring, ring[1:] + ring[:1]))
    marks = [owners[(a, b) if a < b else (b, a)] for a, b in edges]
    breaks = [i for i in range(len(ring)) if marks[i] != marks[i - 1]]
    if len(breaks) < 2:  # an island or an exclave: its westernmost vertex and the one farthest from it
        first = breaks[0] if breaks else ring.index(min(ring))
        far = max(range(len(ring)), key=lambda i: math.dist(ring[i], ring[first]))
        breaks = sorted({first, far})
    out = []
    for start, end in zip(breaks, breaks[1:] + [breaks[0] + len(ring)]):
        arc = [ring[i % len(ring)] for i in range(start, end + 1)]
        forward = (arc[0], arc[1]) <= (arc[-1], arc[-2])
        simple = simplify_arc(arc if forward else arc[::-1], tolerance_m)
        out += (simple if forward else simple[::-1])[:-1]
    return out
