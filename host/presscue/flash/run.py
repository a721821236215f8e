"""`presscue flash`, step by step: image, package, trial."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from ..errors import FlashError, UsageError
from . import chip as chips
from . import slots
from .image import Image, read_image
from .package import REFERENCE_BOARD, Package, chip_of, compile_package
from .partitions import TABLE_AT, with_logs
from .prompt import Prompt
from .trial import Answer, start

Say = Callable[[str], None]


def run_flash(
    board: str | None, port: str | None, image: Path | None, sha256: str | None, erase: bool, dry_run: bool, quiet: bool
) -> int:
    """Bring a board up to date. 0 done, or nothing to do. Raises PresscueError."""
    board = board or REFERENCE_BOARD
    chip = chip_of(board)
    if (erase or sha256) and image is None:
        raise UsageError(f"{'--erase' if erase else '--sha256'} goes with --image FIRMWARE.bin")
    console = Console(stderr=True, quiet=quiet, highlight=False)

    def say(text: str) -> None:
        console.print(text, soft_wrap=True, markup=False)

    micropython = None if image is None else read_image(image, chip, sha256)
    package = compile_package(board)
    say(f"package for {board} ({chip}): {len(package.files)} files, {package.size:,} bytes compiled")
    if dry_run and port is None:
        if micropython is not None:
            _describe(micropython, say)
        say("dry run without --port: nothing was looked at on a board, nothing changed")
        return 0
    port = port or only_port()
    if micropython is not None:
        if dry_run:
            _describe(micropython, say)
        else:
            say(f"{port}: looking for the chip's boot loader")
            chips.put(chips.connect(port, chip), port, micropython, erase, say)
    return _files(port, package, micropython is not None, dry_run, say)


def only_port() -> str:
    """The one serial port there is. Raises UsageError."""
    from ..links.serial import ports

    found = ports()
    if len(found) != 1:
        there = ", ".join(found) if found else "none: plug the board in"
        raise UsageError(f"say which port with --port; there are: {there}" if found else f"no serial port ({there})")
    return found[0]


def _files(port: str, package: Package, new_image: bool, dry_run: bool, say: Say) -> int:
    prompt = Prompt(port)
    try:
        say(f"{port}: asking for MicroPython's prompt")
        prompt.enter(say, button=sys.stdin.isatty() or new_image)
        state = slots.look(prompt)
        if state.chip != package.chip:
            raise FlashError(f"{port}: the board has {state.chip}, {package.board} has {package.chip}: check --board")
        package = compile_package(package.board, state.mpy)
        plan = slots.make_plan(state, package)
        _tell(plan, say)
        on_trial = False
        if not dry_run:
            on_trial = slots.install(prompt, state, package, plan, say)
        say("starting the node")
        baud = importlib.import_module(f"presscue_node.boards.{package.board}").SERIAL_BAUD
        answer = start(prompt, baud)
        if dry_run:
            say("dry run: nothing was changed")
        elif on_trial:
            _judge_trial(prompt, baud, state, plan, answer, say)
        elif answer.info is None:
            why = f" ({answer.failure})" if answer.failure else ""
            raise FlashError(f"{port}: the node does not answer{why}; press its reset button and run this again")
        else:
            say(f"{_name(answer)} answers: done")
        return 0
    finally:
        prompt.close()


def _judge_trial(
    prompt: Prompt, baud: int | None, state: slots.State, plan: slots.Plan, answer: Answer, say: Say
) -> None:
    """Which package runs now? Raises FlashError if it is not the new one."""
    runs = answer.folder
    why = f" ({answer.failure})" if answer.failure else ""
    if answer.info is None or runs is None:
        say("not sure which package that was: asking for the prompt once more")
        prompt.enter(say)
        runs = slots.proven(prompt)
        answer = start(prompt, baud)
    if runs != plan.folder:
        again = "runs the one before again" if answer.info is not None else "has gone back to the one before"
        raise FlashError(f"{prompt.port}: the new package does not start{why}; the node {again}")
    say(f"{_name(answer)} answers with the new package: done; the one before is kept in {state.runs}")


def _name(answer: Answer) -> str:
    if answer.info is None:
        return "the node"
    return f"{answer.info.name or 'the node'}, firmware {'.'.join(map(str, answer.info.version))},"


def _tell(plan: slots.Plan, say: Say) -> None:
    if plan.folder is None:
        say("the package on the node is up to date")
    else:
        say(
            f"package into {plan.folder}: {len(plan.send)} files to send, {len(plan.copy)} unchanged to copy there, "
            f"{len(plan.keep)} there already"
        )
    if plan.main:
        say("main.py is to be renewed")


def _describe(image: Image, say: Say) -> None:
    """What esptool would be asked to do on a board that is new."""
    say(f"{image.name}: MicroPython for {image.chip}, SHA-256 {image.sha256}")
    say(f"would write {len(image.boot):,} bytes at {image.boot_at:#x}: boot loader")
    say(f"would write {len(image.app):,} bytes at {image.app_at:#x}: MicroPython")
    table = with_logs(image.table, 8 << 20)
    say(f"would write a partition table at {TABLE_AT:#x}, unless the board has files or logs; with 8 MB of flash:")
    for each in table.partitions:
        say(f"  {each.label:<10}{each.offset:#10x}{each.size >> 10:8,} KB")
