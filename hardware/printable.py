"""Can a mesh be printed as it lies, without support? Watertight, walls, volume, overhang, bridges. Numpy alone.

Rules, for a 0.4 mm nozzle: a face that leans out more than 45° needs support; a flat ceiling is a bridge if it rests
on two opposite sides no more than 15 mm apart; a wall is at least 1.2 mm, three lines.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

OVERHANG_DEG = 45.0
ANGLE_TOLERANCE_DEG = 1.0
BRIDGE_MM = 15.0
WALL_MM = 1.2
LEVEL_MM = 0.02  # heights closer than this are one
CELL_MM = 0.25
BELOW_MM = 0.1  # a ceiling is looked at from so far below
SAMPLES = 1_500


class Mesh(NamedTuple):
    """vertices (n, 3) mm, each once; faces (m, 3) indices, counter-clockwise from outside."""

    vertices: np.ndarray
    faces: np.ndarray

    @property
    def corners(self) -> np.ndarray:
        """(m, 3, 3)"""
        return self.vertices[self.faces]

    @property
    def crosses(self) -> np.ndarray:
        """(m, 3): along the outward normals, of twice the faces' areas."""
        a, b, c = self.corners.transpose(1, 0, 2)
        return np.cross(b - a, c - a)


def read_stl(path: Path) -> Mesh:
    """A binary STL. Raises ValueError if it is not one."""
    data = path.read_bytes()
    count = int.from_bytes(data[80:84], "little")
    if len(data) != 84 + 50 * count:
        raise ValueError(f"{path}: not a binary STL file")
    row = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("extra", "<u2")])
    return welded(np.frombuffer(data, row, count, 84)["corners"].astype(float))


def welded(corners: np.ndarray) -> Mesh:
    """Triangles (m, 3, 3) with corners closer than a micrometre joined, and empty ones dropped."""
    vertices, index = np.unique(np.round(corners.reshape(-1, 3), 3), axis=0, return_inverse=True)
    faces = index.reshape(-1, 3)
    distinct = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    return Mesh(vertices, faces[distinct])


def faults(mesh: Mesh, volume_mm: tuple[float, float, float], wall_mm: float = WALL_MM) -> list[str]:
    """Everything that is in the way of printing it as it lies, a line each."""
    if not watertight(mesh):
        return ["not watertight"]
    found = []
    size = np.ptp(mesh.vertices, axis=0)
    if (size > volume_mm).any():
        found.append(f"{' x '.join(f'{side:.0f}' for side in size)} mm is larger than the printer")
    thin = thinnest(mesh)
    if thin < wall_mm - LEVEL_MM:
        found.append(f"a wall of {thin:.2f} mm; {wall_mm} mm are needed")
    return found + overhangs(mesh)


def watertight(mesh: Mesh) -> bool:
    """Every edge has one face on either side, and the volume is positive."""
    edges = np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]])
    count = len(mesh.vertices)
    there, back = edges[:, 0] * count + edges[:, 1], edges[:, 1] * count + edges[:, 0]
    return bool(np.array_equal(np.sort(there), np.sort(back))) and volume(mesh) > 0


def volume(mesh: Mesh) -> float:
    a, b, c = mesh.corners.transpose(1, 0, 2)
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


def thinnest(mesh: Mesh) -> float:
    """Least distance (mm) from a face straight through the material to a face that looks the other way.

    At SAMPLES places spread over the surface, the same in every run."""
    crosses = mesh.crosses
    area = np.linalg.norm(crosses, axis=1)
    normals = crosses / np.maximum(area, 1e-12)[:, None]
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(area), SAMPLES, p=area / area.sum())
    u, v = rng.uniform(0.02, 0.98, (2, SAMPLES))
    over = u + v > 1
    u[over], v[over] = 1 - u[over], 1 - v[over]
    a, b, c = mesh.corners.transpose(1, 0, 2)
    starts = a[chosen] + u[:, None] * (b - a)[chosen] + v[:, None] * (c - a)[chosen]
    least = np.inf
    for start, normal in zip(starts, normals[chosen], strict=True):
        distance, hit = first_hit(mesh, start - 1e-3 * normal, -normal)
        if hit >= 0 and normals[hit] @ normal < -0.9:
            least = min(least, distance)
    return least


def first_hit(mesh: Mesh, start: np.ndarray, direction: np.ndarray) -> tuple[float, int]:
    """Distance and face where a ray first meets the mesh (Möller and Trumbore 1997); -1 if nowhere."""
    a, b, c = mesh.corners.transpose(1, 0, 2)
    ab, ac = b - a, c - a
    p = np.cross(direction, ac)
    det = np.einsum("ij,ij->i", ab, p)
    across = np.abs(det) > 1e-12
    det = np.where(across, det, 1.0)
    u = np.einsum("ij,ij->i", start - a, p) / det
    q = np.cross(start - a, ab)
    v = q @ direction / det
    t = np.einsum("ij,ij->i", ac, q) / det
    met = np.flatnonzero(across & (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 1e-3))
    if not len(met):
        return np.inf, -1
    nearest = met[np.argmin(t[met])]
    return float(t[nearest]), int(nearest)


def overhangs(mesh: Mesh) -> list[str]:
    """Faces that lean out too far, ceilings that are no bridge, and points at which material begins in the air."""
    crosses = mesh.crosses
    area = np.linalg.norm(crosses, axis=1)
    down = -crosses[:, 2] / np.maximum(area, 1e-12)
    heights = mesh.corners[:, :, 2]
    bed = mesh.vertices[:, 2].min()
    on_bed = heights.max(axis=1) < bed + LEVEL_MM
    flat = (np.ptp(heights, axis=1) < LEVEL_MM) & (down > 0.5) & ~on_bed
    limit = np.sin(np.radians(OVERHANG_DEG + ANGLE_TOLERANCE_DEG))
    leaning = (down > limit) & ~flat & ~on_bed & (area > 0.02)
    found = []
    if leaning.any():
        worst = np.flatnonzero(leaning)[np.argmax(down[leaning])]
        x, y, z = mesh.corners[worst].mean(axis=0)
        angle = np.degrees(np.arcsin(min(down[worst], 1.0)))
        found.append(f"leans out {angle:.0f}° at ({x:.1f}, {y:.1f}, {z:.1f})")
    for cluster in connected(mesh.faces, np.flatnonzero(flat)):
        found += bridge_faults(mesh, cluster)
    return found + beginnings(mesh, flat, bed)


def connected(faces: np.ndarray, chosen: np.ndarray) -> list[np.ndarray]:
    """The chosen faces, in groups that share corners."""
    group = {int(face): int(face) for face in chosen}

    def root(face: int) -> int:
        while group[face] != face:
            face = group[face]
        return face

    owner: dict[int, int] = {}
    for face in map(int, chosen):
        for vertex in map(int, faces[face]):
            group[root(owner.setdefault(vertex, face))] = root(face)
    roots = np.array([root(int(face)) for face in chosen])
    return [chosen[roots == each] for each in np.unique(roots)]


def bridge_faults(mesh: Mesh, ceiling: np.ndarray) -> list[str]:
    """A ceiling must rest on both ends of every line across it, along x or along y, and the lines be short."""
    corners = mesh.corners[ceiling]
    low, high = corners[..., :2].min(axis=(0, 1)) - 1, corners[..., :2].max(axis=(0, 1)) + 1
    height = corners[..., 2].mean()
    x, y = (np.arange(low[axis], high[axis], CELL_MM) + 0.0137 for axis in (0, 1))
    free = np.zeros((len(x), len(y)), bool)
    for triangle in corners:
        free |= covers(triangle, x, y)
    below = occupied(mesh, x, y, height - BELOW_MM)
    free &= ~below
    centre = corners.mean(axis=(0, 1))
    where = f"({centre[0]:.1f}, {centre[1]:.1f}, {height:.1f})"
    if free.sum() < 9:  # too small for the raster
        return [] if stands(mesh, centre) else [f"begins in the air at {where}"]
    spans = [longest_span(grid, rests) for grid, rests in ((free, below), (free.T, below.T))]
    best = min(spans)
    if best <= BRIDGE_MM:
        return []
    return [f"a ceiling in the air at {where}" if np.isinf(best) else f"a bridge of {best:.0f} mm at {where}"]


def longest_span(free: np.ndarray, below: np.ndarray) -> float:
    """Longest run of free cells along the first axis; infinite if one does not rest on both ends. Lone lines at a rim
    are forgiven: the raster makes them."""
    longest, hanging = 0.0, 0
    for column, rests in zip(free.T, below.T, strict=True):
        edges = np.diff(np.concatenate(([0], column.astype(np.int8), [0])))
        for start, end in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
            if rests[max(start - 2, 0) : start].any() and rests[end : end + 2].any():
                longest = max(longest, (end - start) * CELL_MM)
            elif end - start > 1:
                hanging += 1
    return np.inf if hanging > 2 else longest


def covers(triangle: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Which points of the grid x (n,) times y (m,) lie in the triangle seen from above."""
    (ax, ay), (bx, by), (cx, cy) = triangle[:, :2]
    gx, gy = x[:, None], y[None, :]
    first = (bx - ax) * (gy - ay) - (by - ay) * (gx - ax)
    second = (cx - bx) * (gy - by) - (cy - by) * (gx - bx)
    third = (ax - cx) * (gy - cy) - (ay - cy) * (gx - cx)
    return ((first >= 0) & (second >= 0) & (third >= 0)) | ((first <= 0) & (second <= 0) & (third <= 0))


def occupied(mesh: Mesh, x: np.ndarray, y: np.ndarray, height: float) -> np.ndarray:
    """Which points of the grid, at that height, lie in the material: an odd number of faces is above them."""
    crossings = np.zeros((len(x), len(y)), int)
    corners, crosses = mesh.corners, mesh.crosses
    relevant = (corners[..., 2].max(axis=1) > height) & (np.abs(crosses[:, 2]) > 1e-9)
    for axis, line in ((0, x), (1, y)):
        relevant &= (corners[..., axis].max(axis=1) >= line[0]) & (corners[..., axis].min(axis=1) <= line[-1])
    for triangle, cross in zip(corners[relevant], crosses[relevant], strict=True):
        spans = []
        for axis, line in ((0, x), (1, y)):
            spans.append(slice(*np.searchsorted(line, (triangle[:, axis].min(), triangle[:, axis].max()))))
        gx, gy = x[spans[0]], y[spans[1]]
        if len(gx) and len(gy):
            offset = cross[0] * (gx[:, None] - triangle[0, 0]) + cross[1] * (gy[None, :] - triangle[0, 1])
            above = triangle[0, 2] - offset / cross[2] > height
            crossings[spans[0], spans[1]] += covers(triangle, gx, gy) & above
    return crossings % 2 == 1


def beginnings(mesh: Mesh, flat: np.ndarray, bed: float) -> list[str]:
    """Lowest points of the part that are not on the bed, and not of a ceiling, which is judged as a bridge."""
    heights = mesh.vertices[:, 2]
    lowest = np.ones(len(heights), bool)
    for a, b in ((0, 1), (1, 2), (2, 0)):
        one, other = mesh.faces[:, a], mesh.faces[:, b]
        lowest[one[heights[one] > heights[other] + LEVEL_MM]] = False
        lowest[other[heights[other] > heights[one] + LEVEL_MM]] = False
    lowest[heights < bed + LEVEL_MM] = False
    lowest[mesh.faces[flat].ravel()] = False
    hanging = [point for point in mesh.vertices[lowest] if not stands(mesh, point)]
    return [f"begins in the air at ({x:.1f}, {y:.1f}, {z:.1f})" for x, y, z in hanging[:1]]


def stands(mesh: Mesh, point: np.ndarray) -> bool:
    """Is there material just below?"""
    x, y = point[0] + np.array([-0.0203, 0.0231]), point[1] + np.array([-0.0187, 0.0159])
    return bool(occupied(mesh, x, y, point[2] - BELOW_MM).mean() > 0.5)
