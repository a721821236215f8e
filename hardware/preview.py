"""A picture of a mesh: an orthographic view with a depth buffer, light from the upper left. Numpy and Pillow."""

from pathlib import Path

import numpy as np
from PIL import Image

from printable import Mesh

WIDTH, OVERSAMPLED = 480, 2
BACKGROUND, BODY, EDGE = (255, 255, 255), (120, 160, 190), (40, 55, 70)


def render(mesh: Mesh, path: Path, below: bool = False) -> None:
    """Writes a PNG of the mesh seen from above the front corner, or from below it."""
    turn, tilt = np.radians(-35.0), np.radians(-130.0 if below else -50.0)
    spin = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    lean = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    seen = mesh.vertices @ (lean @ spin).T
    seen -= seen.min(axis=0)
    size = WIDTH * OVERSAMPLED
    scale = (size - 40) / np.ptp(seen[:, :2], axis=0).max()
    points = seen * scale + 20
    height = int(points[:, 1].max() + 20)
    corners = points[mesh.faces]
    crosses = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = crosses / np.maximum(np.linalg.norm(crosses, axis=1), 1e-12)[:, None]
    light = np.array([-0.4, 0.5, 0.77])
    shade = 0.45 + 0.55 * np.clip(normals @ light, 0, 1)
    depth = np.full((height, size), -np.inf)
    tone = np.zeros((height, size))
    facing = np.zeros((height, size, 3))
    for triangle, cross, normal, brightness in zip(corners, crosses, normals, shade, strict=True):
        if normal[2] <= 1e-6:
            continue
        x0, y0 = np.floor(triangle[:, :2].min(axis=0)).astype(int)
        x1, y1 = np.ceil(triangle[:, :2].max(axis=0)).astype(int)
        gx, gy = np.arange(x0, x1 + 1)[None, :], np.arange(y0, y1 + 1)[:, None]
        (ax, ay), (bx, by), (cx, cy) = triangle[:, :2]
        inside = ((bx - ax) * (gy - ay) >= (by - ay) * (gx - ax)) & ((cx - bx) * (gy - by) >= (cy - by) * (gx - bx))
        inside &= (ax - cx) * (gy - cy) >= (ay - cy) * (gx - cx)
        z = triangle[0, 2] - (cross[0] * (gx - ax) + cross[1] * (gy - ay)) / cross[2]
        view = (slice(y0, y1 + 1), slice(x0, x1 + 1))
        nearer = inside & (z > depth[view])
        depth[view][nearer] = z[nearer]
        tone[view][nearer] = brightness
        facing[view][nearer] = normal
    hit = np.isfinite(depth)
    image = np.where(hit[..., None], tone[..., None] * BODY, BACKGROUND)
    filled = np.where(hit, depth, -50.0)
    edge = np.zeros_like(hit)
    for axis in (0, 1):
        step = np.abs(np.diff(filled, axis=axis)) > 12
        crease = (np.abs(np.diff(facing, axis=axis)) > 0.35).any(axis=2)
        pad = [(0, 1), (0, 0)] if axis == 0 else [(0, 0), (0, 1)]
        edge |= np.pad(step | crease, pad)
    image[edge] = EDGE
    picture = Image.fromarray(image[::-1].astype(np.uint8))
    picture = picture.resize((WIDTH, height // OVERSAMPLED), Image.Resampling.LANCZOS)
    picture.quantize(32).save(path, optimize=True)
