"""What is called printable prints: the check passes shapes that print and finds each fault that was planted.

The real models are built and checked where build123d is installed (slow); `make hardware` does the same.
"""

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

import printable
from printable import Mesh, faults, welded

ROOM = (180.0, 180.0, 180.0)
SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)


def prism(outline: np.ndarray, low: float, high: float, top: np.ndarray | None = None) -> np.ndarray:
    """Triangles (m, 3, 3) between an outline (n, 2), counter-clockwise and convex, and another above it."""
    count = len(outline)
    under = np.column_stack([outline, np.full(count, low)])
    over = np.column_stack([outline if top is None else top, np.full(count, high)])
    faces = []
    for i in range(count):
        j = (i + 1) % count
        faces += [[under[i], under[j], over[j]], [under[i], over[j], over[i]]]
    for i in range(1, count - 1):
        faces += [[under[0], under[i + 1], under[i]], [over[0], over[i], over[i + 1]]]
    return np.array(faces)


def box(x: float, y: float, z: float, length: float, width: float, height: float) -> np.ndarray:
    return prism(SQUARE * (length, width) + (x, y), z, z + height)


def along_y(outline: list[tuple[float, float]], width: float, triangles: list[tuple[int, int, int]]) -> Mesh:
    """An outline in x and z, drawn out along y; `triangles` fill it."""
    near = np.array([(x, 0.0, z) for x, z in outline])
    far = near + np.array([0.0, width, 0.0])
    faces = []
    for i in range(len(outline)):
        j = (i + 1) % len(outline)
        faces += [[near[i], near[j], far[j]], [near[i], far[j], far[i]]]
    for a, b, c in triangles:
        faces += [[near[a], near[c], near[b]], [far[a], far[b], far[c]]]
    return turned_out(welded(np.array(faces)))


def turned_out(mesh: Mesh) -> Mesh:
    return mesh if printable.volume(mesh) > 0 else Mesh(mesh.vertices, mesh.faces[:, ::-1])


def arch(span: float) -> Mesh:
    """Two legs of 10 mm and a ceiling between them."""
    outline = [(0, 0), (10, 0), (10, 10), (10 + span, 10), (10 + span, 0), (20 + span, 0), (20 + span, 14), (0, 14)]
    return along_y(outline, 20, [(0, 1, 2), (0, 2, 7), (2, 3, 7), (3, 6, 7), (3, 4, 5), (3, 5, 6)])  # type: ignore[arg-type]


def leaning(degrees: float) -> Mesh:
    """A block that widens upwards, leaning out so far."""
    out = 10 * np.tan(np.radians(degrees))
    base = SQUARE * 20
    return welded(prism(base, 0, 10, SQUARE * (20 + 2 * out) - out))


def test_a_block_prints():
    assert faults(welded(box(0, 0, 0, 30, 20, 10)), ROOM) == []


@pytest.mark.parametrize("degrees", [10, 30, 45])
def test_a_face_may_lean_out_by_45_degrees(degrees: float):
    assert faults(leaning(degrees), ROOM) == []


@pytest.mark.parametrize("degrees", [48, 60, 75])
def test_a_face_that_leans_out_more_needs_support(degrees: float):
    assert any(fault.startswith(f"leans out {degrees}°") for fault in faults(leaning(degrees), ROOM))


@pytest.mark.parametrize("span", [5, 14])
def test_a_short_bridge_prints(span: float):
    assert faults(arch(span), ROOM) == []


def test_a_long_bridge_does_not():
    (fault,) = faults(arch(25), ROOM)
    assert fault.startswith("a bridge of 25 mm")


def test_a_shelf_that_rests_on_one_side_does_not():
    outline = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (18.0, 10.0), (18.0, 14.0), (0.0, 14.0)]
    shelf = along_y(outline, 20, [(0, 1, 2), (0, 2, 5), (2, 3, 4), (2, 4, 5)])
    (fault,) = faults(shelf, ROOM)
    assert fault.startswith("a ceiling in the air")


def test_a_table_on_one_leg_does_not():
    leg, top = box(8, 8, 0, 4, 4, 10), box(0, 0, 9, 20, 20, 4)
    assert any("in the air" in fault for fault in faults(welded(np.concatenate([leg, top])), ROOM))


@pytest.mark.parametrize("tip_mm", [0.0, 0.1])
def test_a_point_that_begins_in_the_air_is_found(tip_mm: float):
    spike = prism(SQUARE * tip_mm + 40, 5, 12, SQUARE * 12 + 34)
    both = welded(np.concatenate([box(0, 0, 0, 20, 20, 5), spike]))
    assert any("begins in the air" in fault for fault in faults(both, ROOM))


def test_a_thin_wall_is_found():
    (fault,) = faults(welded(box(0, 0, 0, 0.8, 20, 10)), ROOM)
    assert fault == "a wall of 0.80 mm; 1.2 mm are needed"


def test_a_part_larger_than_the_printer_is_found():
    (fault,) = faults(welded(box(0, 0, 0, 200, 20, 10)), ROOM)
    assert fault.endswith("larger than the printer")


def test_a_hole_in_the_surface_and_an_inside_out_part_are_found():
    block = welded(box(0, 0, 0, 30, 20, 10))
    assert faults(Mesh(block.vertices, block.faces[1:]), ROOM) == ["not watertight"]
    assert faults(Mesh(block.vertices, block.faces[:, ::-1]), ROOM) == ["not watertight"]


def test_a_file_that_is_no_stl_is_refused(tmp_path: Path):
    path = tmp_path / "part.stl"
    path.write_bytes(b"solid ascii\n" + bytes(100))
    with pytest.raises(ValueError, match="not a binary STL"):
        printable.read_stl(path)


def test_the_pictures_of_the_guide_exist_and_are_small(root: Path):
    folder = root / "hardware"
    shown = set()
    for guide in folder.glob("*.md"):
        shown |= set(re.findall(r"\]\((pictures/[\w.-]+)\)", guide.read_text(encoding="utf-8")))
    assert shown == {f"pictures/{path.name}" for path in (folder / "pictures").iterdir()}
    assert all((folder / name).stat().st_size < 100_000 for name in shown)


def test_the_drawing_is_of_this_harness(root: Path):
    drawn = (root / "hardware" / "pictures" / "harness.svg").read_text(encoding="utf-8")
    assert hashlib.sha256((root / "hardware" / "harness.yml").read_bytes()).hexdigest() in drawn


@pytest.fixture(scope="module")
def models():
    cad = pytest.importorskip("build123d", reason="no build123d: `make hardware` installs it")
    import build

    return cad.export_stl, build.models()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", "case-body case-lid sled-clip leg-plate leg-lid heel-base heel-top cable-clip".split())
def test_every_model_prints_without_support(name: str, models: tuple, tmp_path: Path):
    import dimensions

    export_stl, makers = models
    assert len(makers) == 8
    path = tmp_path / f"{name}.stl"
    export_stl(makers[name](), str(path), tolerance=0.02, angular_tolerance=0.15)
    assert faults(printable.read_stl(path), dimensions.PRINT_VOLUME) == []
