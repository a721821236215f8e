"""Builds what a maker needs into build/hardware: STL files, previews, the harness drawn. `make hardware` runs it.

Every model is checked as it lies (printable.py); one that would need support fails the command.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

from printable import faults, read_stl, volume

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "build" / "hardware"
PICTURES = HERE / "pictures"
sys.path.append(str(HERE / "models"))

PETG_G_PER_CM3 = 1.27


def models() -> dict:
    """File name -> function that makes the part, as it is printed."""
    import cable_clip
    import case
    import heel_pad
    import leg_plate
    import sled_clip

    return {
        "case-body": case.body,
        "case-lid": case.lid,
        "sled-clip": sled_clip.clip,
        "leg-plate": leg_plate.plate,
        "leg-lid": leg_plate.lid,
        "heel-base": heel_pad.base,
        "heel-top": heel_pad.top,
        "cable-clip": cable_clip.clip,
    }


def build_models() -> int:
    from build123d import export_stl

    import dimensions
    from preview import render

    wrong = 0
    for name, make in models().items():
        path = TARGET / f"{name}.stl"
        export_stl(make(), str(path), tolerance=0.02, angular_tolerance=0.15)
        mesh = read_stl(path)
        found = faults(mesh, dimensions.PRINT_VOLUME)
        wrong += bool(found)
        grams = volume(mesh) / 1000 * PETG_G_PER_CM3
        print(f"{name:12} {grams:3.0f} g solid: {'; '.join(found) or 'prints without support'}")
        render(mesh, TARGET / f"{name}.png")
        render(mesh, TARGET / f"{name}-below.png", below=True)
    return wrong


def draw_harness() -> None:
    """The drawing carries the digest of the file it was drawn from; a test compares them."""
    source = HERE / "harness.yml"
    if shutil.which("dot") is None:
        print("harness: not drawn, Graphviz is missing (apt-get install graphviz)")
        return
    command = [sys.executable, "-m", "wireviz.wv_cli", "-f", "s", "-o", TARGET, source]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    svg = (TARGET / "harness.svg").read_text(encoding="utf-8")
    svg = re.sub(r"<title>.*?</title>\n?|<!--.*?-->\n?", "", svg, flags=re.S)
    svg = re.sub(r'<polygon fill="[^"]*" stroke="transparent"[^>]*/>\n', "", svg)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    (TARGET / "harness.svg").write_text(svg + f"<!-- harness.yml {digest} -->\n", encoding="utf-8")
    print(f"harness      harness.svg, {len(svg) // 1000} kB")


def main() -> int:
    TARGET.mkdir(parents=True, exist_ok=True)
    draw_harness()
    wrong = build_models()
    print(f"in {TARGET}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
