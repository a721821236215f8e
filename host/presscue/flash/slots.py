"""Two copies of the package on a node, and what it takes to change from one to the other.

The folders are /a and /b (or /lib, as mpremote mip installs it); the file /slot names the one that runs. A new package
goes into the folder that does not: file by file, each hashed on the node before it gets its name. Then /slot is set to
"new old", a trial: main.py puts it back to "old" before it starts the new one, and the new one makes it "new" when a
host has had its answer. So a cut at any moment leaves a node that runs, and another run goes on where this one ended.
"""

import binascii
from collections.abc import Callable
from typing import NamedTuple

from ..errors import FlashError
from .package import Package, sha256
from .prompt import Prompt

FOLDERS = ("/a", "/b")
MIP = "/lib"
CHUNK = 768
SPARE_BYTES = 16_384
BLOCK = 4096

ON_NODE = """
import os, hashlib, binascii
def _hash(path):
    total = hashlib.sha256()
    block = bytearray(512)
    with open(path, 'rb') as file:
        while True:
            count = file.readinto(block)
            if not count:
                return binascii.hexlify(total.digest()).decode()
            total.update(memoryview(block)[:count])
def _walk(folder):
    try:
        entries = list(os.ilistdir(folder))
    except OSError:
        return
    for entry in entries:
        path = folder + '/' + entry[0]
        if entry[1] == 0x4000:
            yield from _walk(path)
            yield path + '/'
        else:
            yield path
def _make(path):
    at = path.find('/', 1)
    while at > 0:
        try:
            os.mkdir(path[:at])
        except OSError:
            pass
        at = path.find('/', at + 1)
def _copy(old, new):
    _make(new)
    block = bytearray(512)
    with open(old, 'rb') as file, open(new + '.part', 'wb') as out:
        while True:
            count = file.readinto(block)
            if not count:
                break
            out.write(memoryview(block)[:count])
    os.rename(new + '.part', new)
def _drop(folder):
    for path in list(_walk(folder)):
        os.rmdir(path[:-1]) if path[-1] == '/' else os.remove(path)
    try:
        os.rmdir(folder)
    except OSError:
        pass
"""
"""What the node is told before anything else."""


class State(NamedTuple):
    """mpy: as in `sys.implementation`. slot: the words of /slot. files: hash by path."""

    chip: str
    mpy: int
    slot: tuple[str, ...]
    files: dict[str, str]
    free_bytes: int

    @property
    def runs(self) -> str | None:
        """The folder that is proven to run, as far as it is there."""
        folder = self.slot[-1] if self.slot else MIP
        return folder if any(path.startswith(f"{folder}/presscue_node/") for path in self.files) else None

    @property
    def target(self) -> str:
        return FOLDERS[1] if self.runs == FOLDERS[0] else FOLDERS[0]


class Plan(NamedTuple):
    """folder: where the package goes; None if it runs already. keep, copy, send: files by their path in the package."""

    folder: str | None
    keep: list[str]
    copy: list[str]
    send: list[str]
    main: bool

    @property
    def nothing(self) -> bool:
        return self.folder is None and not self.main


def look(prompt: Prompt) -> State:
    """What is on the node."""
    prompt.run(ON_NODE)
    machine = prompt.ask("os.uname().machine")
    chip = machine.rpartition(" with ")[2].lower().replace("-", "")
    slot = prompt.ask("open('/slot').read().split() if 'slot' in os.listdir('/') else []")
    folders = (*FOLDERS, MIP + "/presscue_node", MIP + "/presscue")
    listing = f"[(p, _hash(p)) for f in {folders} for p in _walk(f) if p[-1] != '/']"
    files = dict(prompt.ask(listing))
    if "main.py" in prompt.ask("os.listdir('/')"):
        files["/main.py"] = prompt.ask("_hash('/main.py')")
    block, _, _, free, *_ = prompt.ask("os.statvfs('/')")
    mpy = prompt.ask("__import__('sys').implementation._mpy")
    return State(chip, mpy, tuple(slot), files, block * free)


def make_plan(state: State, package: Package) -> Plan:
    """What has to be done to bring the node to a package. Raises FlashError if it does not fit."""
    wanted = {name: sha256(data) for name, data in package.files.items()}
    main = state.files.get("/main.py") != sha256(package.main)
    running = {} if state.runs is None else _within(state, state.runs)
    if running == wanted and state.runs in FOLDERS and len(state.slot) == 1:
        return Plan(None, sorted(wanted), [], [], main)
    there = _within(state, state.target)
    keep = [name for name in wanted if there.get(name) == wanted[name]]
    rest = [name for name in wanted if name not in keep]
    copy = [name for name in rest if running.get(name) == wanted[name]]
    send = [name for name in rest if name not in copy]
    needs = SPARE_BYTES + sum(-(-len(package.files[name]) // BLOCK) * BLOCK for name in rest)
    if needs > state.free_bytes:
        raise FlashError(
            f"the file system has {state.free_bytes:,} bytes free, {needs:,} are needed: remove files of your own"
        )
    return Plan(state.target, keep, copy, send, main)


def install(prompt: Prompt, state: State, package: Package, plan: Plan, say: Callable[[str], None]) -> bool:
    """Carry out a plan. True if a package is now on trial, to be started by a reset; False if it runs without one."""
    if plan.folder is not None:
        old = state.runs
        if old in FOLDERS:
            prompt.run(f"_drop({MIP + '/presscue_node'!r})\n_drop({MIP + '/presscue'!r})")
        for name in sorted(set(_within(state, plan.folder)) - set(package.files)):
            prompt.run(f"os.remove({plan.folder + '/' + name!r})")
        if plan.copy:
            say(f"copying {len(plan.copy)} unchanged files on the node")
        for name in plan.copy:
            prompt.run(f"_copy({f'{old}/{name}'!r}, {f'{plan.folder}/{name}'!r})")
        for number, name in enumerate(plan.send, 1):
            say(f"sending {name} ({len(package.files[name]):,} bytes, {number} of {len(plan.send)})")
            send_file(prompt, f"{plan.folder}/{name}", package.files[name])
        _check(prompt, plan.folder, package)
    if plan.main:
        say("sending main.py")
        send_file(prompt, "/main.py", package.main)
    if plan.folder is None:
        return False
    words = [plan.folder] if state.runs is None else [plan.folder, state.runs]
    send_file(prompt, "/slot", " ".join(words).encode())
    return len(words) == 2


def proven(prompt: Prompt) -> str:
    """The folder that is proven to run, as /slot says."""
    return prompt.ask("open('/slot').read().split()")[-1]


def send_file(prompt: Prompt, path: str, data: bytes) -> None:
    """Write a file whole or not at all. Raises FlashError if what arrived is not what was sent."""
    part = path + ".part"
    prompt.run(f"_make({path!r})\n_out = open({part!r}, 'wb')")
    for at in range(0, len(data), CHUNK):
        text = binascii.b2a_base64(data[at : at + CHUNK], newline=False)
        prompt.run(f"_out.write(binascii.a2b_base64({text!r})) and None")
    prompt.run("_out.close()")
    if prompt.ask(f"_hash({part!r})") != sha256(data):
        raise FlashError(f"{prompt.port}: {path} arrived damaged: run the same command again")
    prompt.run(f"os.rename({part!r}, {path!r})")


def _within(state: State, folder: str) -> dict[str, str]:
    """Hashes of a package's files by their path in it."""
    own = ("presscue_node/", "presscue/") if folder == MIP else ("",)
    inside = {path[len(folder) + 1 :]: value for path, value in state.files.items() if path.startswith(folder + "/")}
    return {name: value for name, value in inside.items() if name.startswith(own)}


def _check(prompt: Prompt, folder: str, package: Package) -> None:
    there = dict(prompt.ask(f"[(p, _hash(p)) for p in _walk({folder!r}) if p[-1] != '/']"))
    wanted = {f"{folder}/{name}": sha256(data) for name, data in package.files.items()}
    if there != wanted:
        raise FlashError(f"{prompt.port}: the package on the node is not what was sent: run the same command again")
