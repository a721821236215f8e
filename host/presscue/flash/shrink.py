"""The node's package in fewer bytes: what it always needs as one module, constants as numbers, without what nothing
uses, short names.

Attributes, parameters, inner methods and globals that are no functions get short names. All other code keeps its name,
so a traceback from a node still says where it happened, if not to the inner method.
"""

import ast
import copy
import struct
from collections import Counter
from typing import Any

from .bundle import GlobalNames, join
from .short_names import ShortNames, made, short_names, short_parameters, targets

_ONE_BYTE = 120
_KNOWN: dict[str, Any] = {"const": lambda value: value, "struct": struct}
_KNOWN.update((known.__name__, known) for known in (len, range, bytes, int, tuple))


def shrink(sources: dict[str, str], main: str) -> dict[str, str]:
    """The package's modules by their paths, and the program that starts them: the modules that it then needs.

    All is in presscue_node/__init__ but what only functions import; the others hand on what `main` takes from them.
    Nothing in the package may look names up by text. Raises FlashError where a name of another module would be taken
    for a local one.
    """
    whole, late, names = join(sources)
    wanted = {path: _wanted(ast.parse(main), path.rpartition("/")[2]) & names[path].keys() for path in names}
    roots = {names[path][name] for path, few in wanted.items() for name in few}
    folder = _Folder(_together(whole, late))
    for module in late.values():
        folder.visit(module)
        module.body = _reached(
            module.body, {name for node in module.body for name in made(node) or () if _is_code(node)}
        )
    folder.visit(whole)
    whole.body = _moved(whole.body, roots, late)
    renamer = _Renamer(short_names(_together(whole, late), roots | _mentioned(ast.parse(main))))
    renamer.visit(whole)
    shared = {name for node in whole.body for name in made(node) or ()}
    whole.body[:0] = _first_of_all(whole)
    texts = {"presscue_node/__init__": _text(whole)}
    for path, module in late.items():
        renamer.visit(module)
        used = sorted({each.id for each in _names(module)} & shared)
        module.body.insert(0, ast.ImportFrom("presscue_node", [ast.alias(name) for name in used], 0))
        texts[path] = _text(module)
    for path, few in wanted.items():
        if few:
            lines = [f"from presscue_node import {names[path][name]} as {name}\n" for name in sorted(few)]
            texts[path] = "".join(lines)
    return texts


def _moved(body: list[ast.stmt], roots: set[str], late: dict[str, ast.Module]) -> list[ast.stmt]:
    """What the roots reach, of the statements of the whole. What only late modules reach goes into each that does."""
    always = _reached(body, roots)
    needed: set[str] = set()
    for module in late.values():
        used = {each.id for each in _names(module)}
        own = [node for node in _reached(body, used) if node not in always]
        module.body = copy.deepcopy(own) + module.body
        needed |= {each.id for each in _names(module)} - {name for node in own for name in made(node) or ()}
    return _reached(body, roots | needed)


def _together(whole: ast.Module, late: dict[str, ast.Module]) -> ast.Module:
    return ast.Module([*whole.body, *(node for module in late.values() for node in module.body)], [])


def _is_code(node: ast.stmt) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.ClassDef))


def _text(tree: ast.Module) -> str:
    return ast.unparse(ast.fix_missing_locations(tree))


def _first_of_all(whole: ast.Module) -> list[ast.stmt]:
    """A statement that never runs, but names the commonest names: the first 128 of a module take one byte where they
    are used, all others two."""
    names = _Names()
    names.visit(whole)
    chain = ".".join(["__name__", *(name for name, _ in names.uses.most_common(_ONE_BYTE))])
    return ast.parse(f"if not __name__:\n    {chain}").body


class _Names(GlobalNames):
    """Counts what is not a local variable."""

    def __init__(self):
        super().__init__()
        self.uses: Counter[str] = Counter()

    def replace(self, node: ast.Name) -> ast.expr:
        self.uses[node.id] += 1
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.uses[node.attr] += 1
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        self.uses[node.arg] += 1
        return node


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
                names = targets(node.targets[0])
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


def _reached(body: list[ast.stmt], roots: set[str]) -> list[ast.stmt]:
    """The statements that are needed for the names in `roots`."""
    kept: set[int] = set()
    reached = set(roots)
    grown = True
    while grown:
        grown = False
        for number, node in enumerate(body):
            makes = made(node)
            if number not in kept and (makes is None or reached & makes):
                kept.add(number)
                reached |= {each.id for each in _names(node)}
                grown = True
    return [node for number, node in enumerate(body) if number in kept]


def _mentioned(tree: ast.AST) -> set[str]:
    """Every name in a tree, whatever it means."""
    found = {getattr(node, field, None) for node in ast.walk(tree) for field in ("id", "attr", "arg", "name")}
    return {name for name in found if isinstance(name, str)}


class _Renamer(ast.NodeTransformer):
    def __init__(self, short: ShortNames):
        self._attributes, self._names = short
        self._parameters: dict[str, str] = {}
        self._in_class = False  # and in no method of it
        self._in_function = False

    def _new(self, name: str) -> str:
        return self._parameters.get(name) or self._names.get(name, name)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        if self._in_function:
            node.name = self._new(node.name)
        outside = self._in_class
        self._in_class = True
        self.generic_visit(node)
        self._in_class = outside
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if self._in_class:
            node.name = self._attributes.get(node.name, node.name)
        elif self._in_function:
            node.name = self._new(node.name)
        outside = self._in_class, self._in_function, self._parameters
        if not self._in_function:
            self._parameters = short_parameters(node, self._names)
        self._in_class, self._in_function = False, True
        self.generic_visit(node)
        self._in_class, self._in_function, self._parameters = outside
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._new(node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        node.attr = self._attributes.get(node.attr, node.attr)
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self._new(node.arg)
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        node.arg = node.arg and self._names.get(node.arg, node.arg)
        return self.generic_visit(node)

    def visit_Global(self, node: ast.Global | ast.Nonlocal) -> ast.AST:
        node.names = [self._new(name) for name in node.names]
        return node

    visit_Nonlocal = visit_Global

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        node.name = node.name and self._new(node.name)
        return self.generic_visit(node)
