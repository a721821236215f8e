"""The modules of the node's package joined into one, since each .mpy file spells out again every name it mentions.

Those that only functions import stay apart: the node loads and drops them (on_demand.py)."""

import ast
import builtins
from collections.abc import Iterable
from graphlib import TopologicalSorter
from typing import NamedTuple

Trees = dict[str, ast.Module]


class Joined(NamedTuple):
    """whole: the modules that are imported where modules begin. late: by path those that only functions import, each by
    itself. names: for each module what its global names are called in either; no two are called the same."""

    whole: ast.Module
    late: dict[str, ast.Module]
    names: dict[str, dict[str, str]]


def join(sources: dict[str, str]) -> Joined:
    """Modules by their paths ("presscue_node/clock") as one, in the order in which they would be imported.

    A function imports from a late module as `from presscue_node.module import name`.
    """
    trees = {path: ast.parse(text) for path, text in sources.items()}
    imported = {path: set(_imported(tree.body, trees)) for path, tree in trees.items()}
    late_paths = {path for tree in trees.values() for path in _imported(ast.walk(tree), trees)}.difference(
        *imported.values()
    )
    names: dict[str, dict[str, str]] = {}
    taken = set(dir(builtins))
    whole: list[ast.stmt] = []
    late: dict[str, ast.Module] = {}
    whole_foreign: set[str] = set()
    for path in TopologicalSorter(imported).static_order():
        tree = trees[path]
        own = names[path] = {}
        modules: dict[str, str] = {}
        body, foreign = ([], set()) if path in late_paths else (whole, whole_foreign)
        for node in tree.body:
            for name in _bound(node):
                own[name] = name if name not in taken else f"{name}_{path.rpartition('/')[2]}"
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    part = f"{node.module}/{alias.name}".replace(".", "/")
                    source = f"{node.module}".replace(".", "/")
                    if part in trees:
                        modules[alias.asname or alias.name] = part
                    elif source in trees or f"{source}/__init__" in trees:
                        source = source if source in trees else f"{source}/__init__"
                        taken_over = (
                            names[source]
                            if alias.name == "*"
                            else {alias.asname or alias.name: names[source][alias.name]}
                        )
                        own.update(taken_over)
        taken.update(own.values())
        joiner = _Joiner(own, modules, names)
        for node in tree.body:
            if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and not _is_ours(node, trees)):
                text = ast.unparse(node)
                if text not in foreign:
                    foreign.add(text)
                    body.append(node)
                taken.update(alias.asname or alias.name for alias in node.names)
            elif not isinstance(node, ast.ImportFrom) and not _is_text(node):
                body.append(joiner.visit(node))
        if path in late_paths:
            late[path] = ast.fix_missing_locations(ast.Module(body, []))
    for each in (whole, *(module.body for module in late.values())):
        for node in (node for statement in each for node in ast.walk(statement)):
            if isinstance(node, ast.ImportFrom) and f"{node.module}".replace(".", "/") in late:
                own = names[f"{node.module}".replace(".", "/")]
                node.names = [ast.alias(own[alias.name], alias.asname or alias.name) for alias in node.names]
    return Joined(ast.fix_missing_locations(ast.Module(whole, [])), late, names)


def _imported(nodes: Iterable[ast.AST], trees: Trees) -> list[str]:
    found = []
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            whole = node.module.replace(".", "/")
            candidates = [whole, f"{whole}/__init__", *(f"{whole}/{alias.name}" for alias in node.names)]
            found += [path for path in candidates if path in trees]
    return found


def _is_ours(node: ast.ImportFrom, trees: Trees) -> bool:
    whole = (node.module or "").replace(".", "/")
    return whole in trees or f"{whole}/__init__" in trees


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _bound(node: ast.stmt) -> list[str]:
    """Names that a statement at the top of a module makes."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]
    return []


class GlobalNames(ast.NodeTransformer):
    """Visits a module or a part of it; `replace` is asked about each name that means a global one."""

    def __init__(self):
        self._locals: list[set[str]] = []

    def replace(self, node: ast.Name) -> ast.expr:
        raise NotImplementedError

    def inside(self) -> bool:
        """Of a function or class."""
        return bool(self._locals)

    def is_global(self, name: str) -> bool:
        return not any(name in names for names in self._locals)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.replace(node) if self.is_global(node.id) else node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        node.name = self.defined(node.name)
        return self._inside(node, _local_names(node))

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.name = self.defined(node.name)
        self._locals.append(set())
        node.body = [each for each in node.body if not _is_text(each)] or [ast.Pass()]
        self.generic_visit(node)
        self._locals.pop()
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return self._inside(node, {each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)})

    def visit_ListComp(self, node: ast.AST) -> ast.AST:
        return self._inside(node, _stored(node))

    visit_GeneratorExp = visit_SetComp = visit_DictComp = visit_ListComp

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def defined(self, name: str) -> str:
        """The new name of a function or class; methods keep theirs."""
        return name

    def _inside(self, node: ast.AST, names: set[str]) -> ast.AST:
        self._locals.append(names)
        self.generic_visit(node)
        self._locals.pop()
        return node


class _Joiner(GlobalNames):
    """Names of one module as they are called in the whole."""

    def __init__(self, own: dict[str, str], modules: dict[str, str], names: dict[str, dict[str, str]]):
        super().__init__()
        self._own = own
        self._modules = modules
        self._names = names
        self._assigned: list[str] = []  # of other modules

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        super().visit_FunctionDef(node)
        if self._assigned:
            node.body.insert(0, ast.Global(self._assigned))
            self._assigned = []
        return node

    def replace(self, node: ast.Name) -> ast.expr:
        return ast.copy_location(ast.Name(self._own.get(node.id, node.id), node.ctx), node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        of = node.value
        if isinstance(of, ast.Name) and of.id in self._modules and self.is_global(of.id):
            name = self._names[self._modules[of.id]][node.attr]
            if isinstance(node.ctx, ast.Store):
                self._assigned.append(name)
            return ast.copy_location(ast.Name(name, node.ctx), node)
        return self.generic_visit(node)

    def defined(self, name: str) -> str:
        return self._own.get(name, name) if not self._locals else name


def _local_names(function: ast.FunctionDef) -> set[str]:
    outer = {name for node in ast.walk(function) if isinstance(node, ast.Global) for name in node.names}
    arguments = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    caught = {node.name for node in ast.walk(function) if isinstance(node, ast.ExceptHandler) and node.name}
    return (arguments | _stored(function) | caught) - outer


def _stored(tree: ast.AST) -> set[str]:
    """Names that are assigned to."""
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Store)}
