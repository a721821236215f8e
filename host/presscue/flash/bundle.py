"""The modules of the node's package joined into one, since each .mpy file spells out again every name it mentions.

Those that only functions import stay apart: the node loads and drops them (on_demand.py)."""

import ast
import builtins
from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter
from typing import NamedTuple

from ..errors import FlashError

Trees = dict[str, ast.Module]


class Joined(NamedTuple):
    """whole: the modules that are imported where modules begin. late: by path those that only functions import, each by
    itself. names: for each module what its global names are called in either; no two are called the same."""

    whole: ast.Module
    late: dict[str, ast.Module]
    names: dict[str, dict[str, str]]


def join(sources: dict[str, str]) -> Joined:
    """Modules by their paths ("presscue_node/clock") as one, in the order in which they would be imported.

    A function imports from a late module as `from presscue_node.module import name`. Raises FlashError where a name of
    another module would be taken for a local one.
    """
    trees = {path: ast.parse(text) for path, text in sources.items()}
    imported = {path: dict.fromkeys(_imported(tree.body, trees)) for path, tree in trees.items()}
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
        joiner = _Joiner(path, own, modules, names)
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
        self._scopes: list[dict[str, bool]] = []  # of names: whether they are local there

    def replace(self, node: ast.Name) -> ast.expr:
        raise NotImplementedError

    def inside(self) -> bool:
        """Of a function or class."""
        return bool(self._scopes)

    def is_global(self, name: str) -> bool:
        return not next((scope[name] for scope in reversed(self._scopes) if name in scope), False)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.replace(node) if self.is_global(node.id) else node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        node.name = self.defined(node.name)
        return self._visit_function(node, _scope(node))

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.name = self.defined(node.name)
        self._scopes.append({})
        node.body = [each for each in node.body if not _is_text(each)] or [ast.Pass()]
        self.generic_visit(node)
        self._scopes.pop()
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return self._visit_function(node, dict.fromkeys(_parameters(node), True))

    def visit_ListComp(self, node: ast.AST) -> ast.AST:
        return self._inside(node, dict.fromkeys(_stored(node), True))

    visit_GeneratorExp = visit_SetComp = visit_DictComp = visit_ListComp

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def defined(self, name: str) -> str:
        """The new name of a function or class; methods keep theirs."""
        return name

    def _visit_function(self, node: ast.FunctionDef | ast.Lambda, scope: dict[str, bool]) -> ast.AST:
        """What parameters are by default means the names outside."""
        arguments = node.args
        defaults = [self.visit(each) for each in arguments.defaults]
        by_name = [each and self.visit(each) for each in arguments.kw_defaults]
        arguments.defaults, arguments.kw_defaults = [], []
        self._inside(node, scope)
        arguments.defaults, arguments.kw_defaults = defaults, by_name
        return node

    def _inside(self, node: ast.AST, scope: dict[str, bool]) -> ast.AST:
        self._scopes.append(scope)
        self.generic_visit(node)
        self._scopes.pop()
        return node


class _Joiner(GlobalNames):
    """Names of one module as they are called in the whole."""

    def __init__(self, path: str, own: dict[str, str], modules: dict[str, str], names: dict[str, dict[str, str]]):
        super().__init__()
        self._path = path
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
        return self._called(self._own.get(node.id, node.id), node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        of = node.value
        if isinstance(of, ast.Name) and of.id in self._modules and self.is_global(of.id):
            name = self._names[self._modules[of.id]][node.attr]
            if isinstance(node.ctx, ast.Store):
                self._assigned.append(name)
            return self._called(name, node)
        return self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> ast.AST:
        node.names = [self._own.get(name, name) for name in node.names]
        return node

    def _called(self, name: str, node: ast.Name | ast.Attribute) -> ast.Name:
        if not self.is_global(name):
            raise FlashError(
                f"{self._path}.py, line {node.lineno}: {ast.unparse(node)} is called {name} in the package, and this "
                f"function has a {name} of its own: give that another name"
            )
        return ast.copy_location(ast.Name(name, node.ctx), node)

    def defined(self, name: str) -> str:
        return self._own.get(name, name) if not self.inside() else name


def _scope(function: ast.FunctionDef) -> dict[str, bool]:
    """Names that a function makes its own (True), or says are global ones (False)."""
    own = list(_own(function.body))
    scope = dict.fromkeys(_parameters(function), True)
    outer: set[str] = set()
    for node in own:
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                scope[name] = True
            case ast.ExceptHandler(name=str(name)):
                scope[name] = True
            case ast.Nonlocal(names=names):
                outer.update(names)
    scope = {name: True for name in scope if name not in outer}
    return scope | {name: False for node in own if isinstance(node, ast.Global) for name in node.names}


def _own(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """A function's nodes without those in functions and classes that it makes."""
    for node in nodes:
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda)):
            yield from _own(ast.iter_child_nodes(node))


def _parameters(function: ast.FunctionDef | ast.Lambda) -> set[str]:
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return {each.arg for each in named if each}


def _stored(tree: ast.AST) -> set[str]:
    """Names that are assigned to."""
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Store)}
