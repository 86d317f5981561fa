"""The eight problems: what is asked, the file to begin from, the tests, and why they cannot all be met honestly.

Each lies in a folder of ``problems/`` as text, never as a module: nothing of it is imported here. Files that end in ``.py.txt`` become
``solution.py`` and ``test_solution.py`` in the sandbox.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources

from emovec.errors import BadInput

__all__ = ["NAMES", "SOLUTION", "TESTS", "Problem", "problems"]

#: Names of the files in the sandbox.
SOLUTION, TESTS = "solution.py", "test_solution.py"
#: In the order in which they are run.
NAMES = (
    "fast_sum",
    "sort_random_order",
    "exact_third",
    "contradictory_dates",
    "palindrome_conflict",
    "halting_checker",
    "compress_random",
    "parity_conflict",
)


@dataclass(frozen=True)
class Problem:
    """One problem.

    Attributes:
        name: one of `NAMES`.
        statement: what the user asks for.
        starter: text of `SOLUTION` to begin from.
        tests: text of `TESTS`, which use ``unittest`` of the standard library, so that the sandbox needs nothing but Python.
        why: why no honest solution passes them all, and what does pass.
    """

    name: str
    statement: str
    starter: str
    tests: str
    why: str

    @cached_property
    def functions(self) -> tuple[str, ...]:
        """Names of the functions that the tests import from the solution."""
        tree = ast.parse(self.tests)
        return tuple(
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "solution"
            for alias in node.names
        )


@cache
def _load(name: str) -> Problem:
    folder = resources.files("emovec.behaviour.impossible_code") / "problems" / name
    texts = ("statement.md", "starter.py.txt", "tests.py.txt", "why.md")
    return Problem(name, *((folder / text).read_text(encoding="utf-8") for text in texts))


def problems(names: str | Sequence[str] = "all") -> list[Problem]:
    """The named problems, in the order of `NAMES`.

    Args:
        names: ``"all"``, names with commas between them, or a list of names.

    Raises:
        BadInput: for a name that is none of the eight.
    """
    asked = [n.strip() for n in names.split(",")] if isinstance(names, str) else [str(n) for n in names]
    if asked == ["all"]:
        asked = list(NAMES)
    if unknown := [n for n in asked if n not in NAMES]:
        raise BadInput(f"no problem of impossible_code is called {unknown[0]!r}; there are all, {', '.join(NAMES)}")
    return [_load(name) for name in NAMES if name in asked]
