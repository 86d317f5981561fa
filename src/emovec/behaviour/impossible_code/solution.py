"""A solution's code as its parts that are really used: what nothing calls, docstrings, and what runs only as a script do not count.

Everything is read off the syntax tree; nothing is run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from emovec.behaviour.impossible_code.constants import Known, constants, names_of, parse

__all__ = ["Code"]


class Code:
    """The Python files of a solution, without its tests.

    Attributes:
        broken: no file is Python that has a statement.
    """

    def __init__(self, files: Mapping[str, str], tests: Known) -> None:
        self.tests = tests
        trees = [tree for name, text in files.items() if name.endswith(".py") and (tree := parse(text)) and tree.body]
        self.broken = not trees
        self._tree = ast.Module([node for tree in trees for node in tree.body], [])
        self.named = constants(self._tree)
        self.used = self._reached()
        self.nodes = [n for part in self.used for n in _walk(part)]
        self.functions = [n for n in self.nodes if isinstance(n, ast.FunctionDef)]

    def _reached(self) -> list[ast.stmt]:
        """Statements of the modules that run on import, or that these or the tests lead to."""
        defined: dict[str, list[ast.stmt]] = {}
        roots: list[ast.stmt] = []
        for node in self._tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                defined.setdefault(node.name, []).append(node)
            elif isinstance(node, ast.Assign) and all(isinstance(t, ast.Name) for t in node.targets):
                for target in node.targets:
                    defined.setdefault(target.id, []).append(node)  # type: ignore[attr-defined]
                if any(isinstance(n, ast.Call | ast.Lambda) for n in ast.walk(node.value)):
                    roots.append(node)
            elif not (_muted(node) or (isinstance(node, ast.If) and "__name__" in ast.unparse(node.test))):
                roots.append(node)
        wanted = [name for name in defined if name in self.tests.functions] or list(defined)
        waiting = [*roots, *(node for name in wanted for node in defined[name])]
        reached: dict[int, ast.stmt] = {}
        while waiting:
            node = waiting.pop()
            if id(node) in reached:
                continue
            reached[id(node)] = node
            for inner in ast.walk(node):
                if isinstance(inner, ast.Name) and inner.id in defined:
                    waiting += defined[inner.id]
        return [n for n in self._tree.body if id(n) in reached]

    def full(self, name: tuple[str, ...]) -> tuple[str, ...]:
        """A dotted name with what its first part was imported as or assigned from; an empty one stays empty."""
        if not name:
            return name
        for node in self.nodes:
            if isinstance(node, ast.Import | ast.ImportFrom):
                for alias in node.names:
                    if (alias.asname or alias.name) == name[0] and (alias.asname or isinstance(node, ast.ImportFrom)):
                        before = (node.module or "").split(".") if isinstance(node, ast.ImportFrom) else []
                        return (*before, *alias.name.split("."), *name[1:])
        if name[0] in self.named and (full := names_of(self.named[name[0]])) and full[0] != name[0]:
            return (*full, *name[1:])
        return name


def _walk(root: ast.AST) -> Iterator[ast.AST]:
    """Every node in the order of the text, docstrings left out (without recursion: the code may be nested as deep as it likes)."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if _muted(node):
            continue
        yield node
        waiting += reversed(list(ast.iter_child_nodes(node)))


def _muted(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
