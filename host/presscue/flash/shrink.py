"""The node's package in fewer bytes: one module, its constants as numbers, without what nothing uses, short names.

Attributes, parameters and globals that are no functions get one to three letters. Modules aside, whatever has code
keeps its name, so a traceback from a node still says where it happened.
"""

import ast
import builtins
import itertools
import keyword
import string
import struct
from collections import Counter
from collections.abc import Iterator
from typing import Any

from .bundle import GlobalNames, join

FOREIGN = frozenset(
    "active config irq gap_advertise gap_connect gap_disconnect mac name on off init deinit value mode pull freq duty "
    "duty_u16 read write readinto read_u16 read_uv feed scan start stop close seek tell flush poll ipoll register "
    "unregister modify ioctl find info label size update digest hexdigest get_blob set_blob get_i32 set_i32 commit "
    "erase_key args errno wait any send".split()
)
"""Attributes of MicroPython's own objects (bluetooth, machine, esp32, files, poll, streams). An attribute of the
package with such a name keeps it too, since nothing tells whose `active` is meant."""
_BUILT_IN = (int, str, bytes, bytearray, memoryview, list, tuple, dict, set, OSError)
_KNOWN: dict[str, Any] = {"const": lambda value: value, "struct": struct}
_KNOWN.update((known.__name__, known) for known in (len, range, bytes, int, tuple))


def shrink(sources: dict[str, str], main: str) -> dict[str, str]:
    """The package's modules by their paths, and the program that starts them: the modules that it then needs.

    All is in presscue_node/__init__; the others hand on what `main` takes from them. Nothing in the package may look
    names up by text.
    """
    whole, names = join(sources)
    wanted = {path: _wanted(ast.parse(main), path.rpartition("/")[2]) & names[path].keys() for path in names}
    roots = {names[path][name] for path, few in wanted.items() for name in few}
    whole = _Folder(whole).visit(whole)
    whole.body = _reached(whole.body, roots)
    renamer = _Renamer(_short_names(whole, roots | _mentioned(ast.parse(main))))
    made = {"presscue_node/__init__": ast.unparse(ast.fix_missing_locations(renamer.visit(whole)))}
    for path, few in wanted.items():
        if few:
            lines = [f"from presscue_node import {names[path][name]} as {name}\n" for name in sorted(few)]
            made[path] = "".join(lines)
    return made


def _wanted(main: ast.Module, module: str) -> set[str]:
    """Names that the starting program takes from a module."""
    found = {node.attr for node in ast.walk(main) if isinstance(node, ast.Attribute) and _is_name(node.value, module)}
    for node in ast.walk(main):
        if isinstance(node, ast.ImportFrom) and str(node.module).rpartition(".")[2] == module:
            found.update(alias.name for alias in node.names)
    return found


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


class _Folder(GlobalNames):
    """Puts numbers in the place of whatever is known to be one before the package runs."""

    def __init__(self, tree: ast.Module):
        super().__init__()
        self._values = dict(_KNOWN)
        changed = {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
        for node in tree.body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                names = _targets(node.targets[0])
                value = self._evaluated(node.value)
                if value is not None and names and changed.isdisjoint(names):
                    values = (value,) if isinstance(node.targets[0], ast.Name) else tuple(value)
                    self._values.update(zip(names, values, strict=True))

    def _evaluated(self, node: ast.expr) -> Any:
        """The value of an expression of known ones, else None."""
        inner = {
            name.id for part in ast.walk(node) if isinstance(part, ast.comprehension) for name in _names(part.target)
        }
        if any(each.id not in self._values and each.id not in inner for each in _names(node)):
            return None
        try:
            return eval(compile(ast.Expression(node), "<constant>", "eval"), {"__builtins__": {}, **self._values})
        except Exception:  # whatever a constant expression may raise, the node will
            return None

    def replace(self, node: ast.Name) -> ast.expr:
        return self._number(node) if isinstance(node.ctx, ast.Load) else node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        value = None if self.inside() else self._evaluated(node.value)
        if type(value) is tuple and all(type(each) is int for each in value):
            node.value = ast.Tuple([ast.Constant(each) for each in value], ast.Load())
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        return self._number(node) if self._is_fixed(node) else self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        return self._number(node) if self._is_fixed(node) else self.generic_visit(node)

    def _is_fixed(self, node: ast.expr) -> bool:
        names = _names(node)
        fixed = all(each.id in self._values and self.is_global(each.id) for each in names)
        return fixed and isinstance(self._evaluated(node), int)

    def _number(self, node: ast.expr) -> ast.expr:
        value = self._evaluated(node)
        return ast.Constant(value) if type(value) is int else node


def _names(node: ast.AST) -> list[ast.Name]:
    return [each for each in ast.walk(node) if isinstance(each, ast.Name)]


def _targets(target: ast.expr) -> list[str]:
    if isinstance(target, ast.Name):
        return [target.id]
    return [each.id for each in target.elts if isinstance(each, ast.Name)] if isinstance(target, ast.Tuple) else []


def _reached(body: list[ast.stmt], roots: set[str]) -> list[ast.stmt]:
    """The statements that are needed for the names in `roots`."""
    kept: set[int] = set()
    reached = set(roots)
    grown = True
    while grown:
        grown = False
        for number, node in enumerate(body):
            made = _made(node)
            if number not in kept and (made is None or reached & made):
                kept.add(number)
                reached |= {each.id for each in _names(node)}
                grown = True
    return [node for number, node in enumerate(body) if number in kept]


def _made(node: ast.stmt) -> set[str] | None:
    """Names that a statement does nothing but make; None of any other."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Assign(targets=[target]) if _targets(target):
            return set(_targets(target))
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {each.asname or each.name for each in names}
    return None


def _mentioned(tree: ast.AST) -> set[str]:
    """Every name in a tree, whatever it means."""
    found = {getattr(node, field, None) for node in ast.walk(tree) for field in ("id", "attr", "arg", "name")}
    return {name for name in found if isinstance(name, str)}


def _short_names(whole: ast.Module, kept: set[str]) -> dict[str, str]:
    """A short name for each attribute, parameter and global that is the package's own, the commonest first."""
    nodes = list(ast.walk(whole))
    code = {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    imports = [alias for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names]
    modules = {alias.asname or alias.name for alias in imports}
    foreign = {*kept, *code, *modules, *dir(builtins), *keyword.kwlist}
    foreign.update(FOREIGN, *map(dir, _BUILT_IN))
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    ours = {node.attr for node in attributes if isinstance(node.ctx, ast.Store)}
    foreign.update(node.attr for node in attributes if node.attr not in ours)
    own: Counter[str] = Counter()
    for node in nodes:
        match node:
            case ast.Attribute(value=ast.Name(id=of), attr=name) if of in modules:
                foreign.add(name)
            case ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                own[name] += 1
            case ast.Call(func=func, keywords=keywords) if _called(func) not in code:
                foreign.update(each.arg for each in keywords if each.arg)
    own.update(name for node in whole.body for name in _made(node) or ())
    names = sorted((name for name in own if name not in foreign), key=lambda name: (-own[name], name))
    taken = {*foreign, *_mentioned(whole)} - set(names)
    letters = (name for name in _letters() if name not in taken and f"_{name}" not in taken)
    # a constant is folded only if its name begins with an underscore
    short = zip(names, letters, strict=False)
    return {name: f"_{new}" if name.startswith("_") else new for name, new in short}


def _called(func: ast.expr) -> str:
    return func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""


def _letters() -> Iterator[str]:
    for size in itertools.count(1):
        yield from map("".join, itertools.product(string.ascii_letters, repeat=size))


class _Renamer(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]):
        self._names = names

    def _new(self, name: str) -> str:
        return self._names.get(name, name)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._new(node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        node.attr = self._new(node.attr)
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self._new(node.arg)
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        node.arg = node.arg and self._new(node.arg)
        return self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> ast.AST:
        node.names = [self._new(name) for name in node.names]
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        node.name = node.name and self._new(node.name)
        return self.generic_visit(node)
