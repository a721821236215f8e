"""Short names for a package's own attributes, inner methods, parameters and globals: as few different ones as may be.

Each different name costs the node a dozen bytes of memory beside its letters, wherever it stands. So attributes have
one supply, parameters and globals another from the same letters, and attributes that a class uses on `self` alone
share theirs with those of other classes. Attributes begin with names that every MicroPython has by number: no bytes.
"""

import ast
import builtins
import itertools
import keyword
import string
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

FOREIGN = frozenset(
    "active config irq gap_advertise gap_connect gap_disconnect mac name on off init deinit value mode pull freq duty "
    "duty_u16 read write readinto read_u16 read_uv feed scan start stop close seek tell flush poll ipoll register "
    "unregister modify ioctl find info label size update digest hexdigest get_blob set_blob get_i32 set_i32 commit "
    "erase_key args errno wait any send".split()
)
"""Attributes of MicroPython's own objects (bluetooth, machine, esp32, files, poll, streams). An attribute of the
package with such a name keeps it too, since nothing tells whose `active` is meant."""
NUMBERED = (
    "abs all any append args bool bytearray bytecode bytes callable chr classmethod clear close const copy count dict "
    "dir divmod end endswith eval exec extend find format from_bytes get getattr globals hasattr hash id index insert "
    "int isalpha isdigit isinstance islower isspace issubclass isupper items iter join key keys len list locals lower "
    "lstrip map micropython next object open ord pop popitem pow print range read remove replace repr reverse rfind "
    "rindex round rsplit rstrip send sep set setattr setdefault sort sorted split start startswith staticmethod step "
    "stop str strip sum super throw to_bytes tuple type update upper value values write zip"
).split()
"""Names that a .mpy file of version 6 gives by number (found by compiling each and looking)."""
_BUILT_IN = (int, str, bytes, bytearray, memoryview, list, tuple, dict, set, OSError)


class ShortNames(NamedTuple):
    """By the long ones. attributes: with the inner methods; names: of globals, and of parameters that a call names."""

    attributes: dict[str, str]
    names: dict[str, str]


def short_names(whole: ast.Module, kept: set[str]) -> ShortNames:
    """For what a module that stands alone calls its own, but for functions, classes, other methods and the `kept`."""
    nodes = list(ast.walk(whole))
    return ShortNames(_for_attributes(whole, nodes, kept), _for_names(whole, nodes, kept))


def short_parameters(function: ast.FunctionDef, names: dict[str, str]) -> dict[str, str]:
    """For the parameters of one function and of those in it, beside the `names` of the module."""
    used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    parameters = list(dict.fromkeys(node.arg for node in ast.walk(function) if isinstance(node, ast.arg)))
    own = [name for name in parameters if name not in names]
    taken = used - set(own) | set(names.values()) | set(keyword.kwlist)
    return dict(zip(own, (name for name in _letters() if name not in taken), strict=False))


def _for_names(whole: ast.Module, nodes: list[ast.AST], kept: set[str]) -> dict[str, str]:
    """Short ones, and for what must keep its name that."""
    code, parameters = _code(nodes), {node.arg for node in nodes if isinstance(node, ast.arg)}
    foreign = {*kept, *dir(builtins), *keyword.kwlist, *_modules(nodes), *_code(whole.body)}
    own: Counter[str] = Counter()
    own.update(name for node in whole.body for name in made(node) or ())
    by_name: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Call) and node.keywords:
            given = {each.arg for each in node.keywords if each.arg}
            if _called(node.func) in code:
                by_name |= given
            else:
                foreign |= given
    own.update(parameters & by_name)
    names = sorted((name for name in own if name not in foreign), key=lambda name: (-own[name], name))
    taken = {*foreign, *parameters, *(node.id for node in nodes if isinstance(node, ast.Name))} - set(names)
    letters = (name for name in _letters() if name not in taken and f"_{name}" not in taken)
    # a constant is folded only if its name begins with an underscore
    short = dict(zip(names, letters, strict=False))
    short = {name: f"_{new}" if name.startswith("_") else new for name, new in short.items()}
    return short | {name: name for name in parameters & by_name & foreign}


def _code(nodes: Iterable[ast.AST]) -> set[str]:
    return {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))}


def _modules(nodes: list[ast.AST]) -> set[str]:
    imports = [alias for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names]
    return {alias.asname or alias.name for alias in imports}


def _for_attributes(whole: ast.Module, nodes: list[ast.AST], kept: set[str]) -> dict[str, str]:
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    users = _users(whole)
    inner = {name for name in _code(nodes) - _code(whole.body) if _is_inner(name) and _ANY not in users[name]}
    foreign = kept | FOREIGN | _code(nodes) - inner | {name for each in _BUILT_IN for name in dir(each)}
    modules = _modules(nodes)
    foreign |= {node.attr for node in attributes if _root(node) in modules}
    own = {node.attr for node in attributes if isinstance(node.ctx, ast.Store)} - foreign | inner
    uses = Counter(node.attr for node in attributes)
    taken = uses.keys() - own | _code(nodes) - inner
    supply: list[str] = []
    more = itertools.chain(NUMBERED, _letters())
    given: defaultdict[str, set[str]] = defaultdict(set)
    short: dict[str, str] = {}
    for name in sorted(own, key=lambda name: (-uses[name], name)):
        for new in itertools.chain(supply, more):
            if new in taken:
                continue
            if new not in given:
                supply.append(new)
            if not _meet(given[new], users[name]):
                given[new] |= users[name]
                short[name] = new
                break
    return short


_ANY = ""
"""User of an attribute that is used on something else than `self`: its class is not known."""


def _meet(some: set[str], others: set[str]) -> bool:
    return bool(some & others or (_ANY in some and others) or (_ANY in others and some))


def _users(whole: ast.Module) -> defaultdict[str, set[str]]:
    """For each attribute the classes that use it, by the root of their family."""
    classes = {node.name: node for node in ast.walk(whole) if isinstance(node, ast.ClassDef)}
    users: defaultdict[str, set[str]] = defaultdict(set)
    for name, node in classes.items():
        methods = [each.name for each in node.body if isinstance(each, ast.FunctionDef)]
        while bases := [base.id for base in classes[name].bases if isinstance(base, ast.Name) and base.id in classes]:
            name = bases[0]
        for method in methods:
            users[method].add(name)
        for each in ast.walk(node):
            if isinstance(each, ast.Attribute) and _called(each.value) == "self":
                users[each.attr].add(name)
    for each in ast.walk(whole):
        if isinstance(each, ast.Attribute) and _called(each.value) != "self":
            users[each.attr].add(_ANY)
    return users


def made(node: ast.stmt) -> set[str] | None:
    """Names that a statement does nothing but make; None of any other."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Assign(targets=[target]) if targets(target):
            return set(targets(target))
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {each.asname or each.name for each in names}
    return None


def targets(target: ast.expr) -> list[str]:
    """Names that an assignment to `target` makes."""
    if isinstance(target, ast.Name):
        return [target.id]
    return [each.id for each in target.elts if isinstance(each, ast.Name)] if isinstance(target, ast.Tuple) else []


def _is_inner(name: str) -> bool:
    """Whether a method is its class's own business."""
    return name.startswith("_") and not name.startswith("__")


def _root(node: ast.expr) -> str:
    """The name that a chain of attributes begins with."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _called(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _letters() -> Iterator[str]:
    for size in itertools.count(1):
        yield from map("".join, itertools.product(string.ascii_letters, repeat=size))
