"""Constant expressions as values, without running anything: what the tests feed in and expect, and what a solution compares and returns."""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Known", "fold", "known", "names_of", "parse"]

#: Longest text, and largest number of bits, that folding makes.
_LONG = 10_000
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Div: operator.truediv,
}
#: Constructors whose calls with constant arguments are constants too.
_CALLS = frozenset((
    "list", "tuple", "range", "date", "datetime", "Fraction", "Decimal", "float", "int", "str", "bytes",
    "bytearray", "frozenset", "set", "timedelta", "len",
))  # fmt: skip


class _Varies(Exception):
    """The expression is no constant."""


def parse(text: str) -> ast.Module | None:
    """The syntax tree, or None where the text is not Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape, say: the model's matter
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def fold(node: ast.AST | None, named: Mapping[str, ast.expr] | None = None) -> Hashable | None:
    """The value of a constant expression in a form that can be compared, or None.

    Sequences become ``("seq", ...)`` whatever their type, calls such as ``date(2024, 3, 1)`` become ``("call", "date", 2024, 3, 1)``,
    booleans and None become ``("is", True)``, since they equal numbers otherwise.

    Args:
        named: constants that names stand for.
    """
    try:
        return _fold(node, named or {}, 0)
    except (_Varies, TypeError, ValueError, ArithmeticError, RecursionError):
        return None


def _fold(node: ast.AST | None, named: Mapping[str, ast.expr], depth: int) -> Hashable:
    if depth > 20:
        raise _Varies
    match node:
        case ast.Constant(value=bool() | None as value):
            return ("is", value)
        case ast.Constant(value=int() | float() | str() | bytes() as value):
            return value
        case ast.Name(id=name) if name in named:
            return _fold(named[name], named, depth + 1)
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            return ("seq", *(_fold(i, named, depth + 1) for i in items))
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return 0 - _number(_fold(inner, named, depth + 1))
        case ast.BinOp(left=left, op=op, right=right):
            return _binary(op, _fold(left, named, depth + 1), _fold(right, named, depth + 1))
        case ast.Call(func=function, args=args, keywords=[]) if (called := names_of(function)[-1:]) and called[
            0
        ] in _CALLS:
            return ("call", called[0], *(_fold(a, named, depth + 1) for a in args))
    raise _Varies


def _number(value: Hashable) -> int | float:
    if not isinstance(value, int | float):
        raise _Varies
    return value


def _binary(op: ast.operator, left: Any, right: Any) -> Hashable:
    if isinstance(left, tuple) or isinstance(right, tuple):
        raise _Varies
    if isinstance(op, ast.Pow):
        if not (isinstance(left, int) and isinstance(right, int) and 0 <= right * left.bit_length() <= _LONG):
            raise _Varies
        return int(left**right)
    if isinstance(op, ast.Mult):
        for text, times in ((left, right), (right, left)):
            if isinstance(text, str | bytes) and (not isinstance(times, int) or len(text) * times > _LONG):
                raise _Varies
    made: Hashable = _OPERATORS[type(op)](left, right) if type(op) in _OPERATORS else None
    if made is None:
        raise _Varies
    return made


def names_of(node: ast.AST) -> tuple[str, ...]:
    """``os.environ.get`` as ("os", "environ", "get"); calls and subscripts on the way are passed through, anything else is empty."""
    parts: list[str] = []
    at: ast.AST = node
    while True:
        match at:
            case ast.Attribute(value=inner, attr=name):
                parts.append(name)
                at = inner
            case ast.Call(func=inner) | ast.Subscript(value=inner):
                at = inner
            case ast.Name(id=name):
                return (name, *reversed(parts))
            case _:
                return tuple(reversed(parts))


@dataclass(frozen=True)
class Known:
    """What a test file gives away.

    Attributes:
        functions: names that it imports from the solution.
        tests: names of its test functions.
        inputs: constants given to those functions.
        results: constants that their results are held against.
    """

    functions: frozenset[str]
    tests: frozenset[str]
    inputs: frozenset[Hashable]
    results: frozenset[Hashable]


def known(text: str) -> Known:
    """Read a test file (nothing of it is run); one that is not Python gives nothing away."""
    tree = parse(text) or ast.Module([], [])
    functions = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and not node.module.startswith(("unittest", "pytest"))
        for alias in node.names
        if node.module.split(".")[0].startswith(("solution", "main", "impl", "src"))
    }
    tests = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name.startswith("test")}
    named = constants(tree)
    calls = [
        n
        for n in ast.walk(tree)
        if isinstance(n, ast.Call) and names_of(n.func)[-1:] and names_of(n.func)[-1] in functions
    ]
    inside = {id(inner) for call in calls for inner in ast.walk(call)}
    inputs = {value for call in calls for a in call.args for value in _values(a, named)}
    results = {value for side in _sides(tree) if id(side) not in inside for value in _values(side, named)}
    # What a local helper hands on (for example `fastest(lambda: list(range(10)))`) is an input as well.
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and id(node) not in inside and names_of(node.func)[:1] != ("self",):
            inputs |= {v for a in node.args for v in _values(a.body if isinstance(a, ast.Lambda) else a, named)}
        elif isinstance(node, ast.For):
            inputs |= _values(node.iter, named)
        elif isinstance(node, ast.Assign):
            inputs |= _values(node.value, named)
    return Known(frozenset(functions), frozenset(tests), frozenset(inputs), frozenset(results))


def constants(tree: ast.AST) -> dict[str, ast.expr]:
    """Names that are assigned once in the whole tree, with what they are assigned."""
    given: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                given.setdefault(name, []).append(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                given.setdefault(name, []).append(value)
            case ast.AugAssign(target=ast.Name(id=name)) | ast.For(target=ast.Name(id=name)) | ast.arg(arg=name):
                given.setdefault(name, []).extend([ast.Constant(0), ast.Constant(0)])
    return {name: values[0] for name, values in given.items() if len(values) == 1}


def _values(node: ast.expr, named: Mapping[str, ast.expr]) -> set[Hashable]:
    """The node's value and, of a sequence or call, those of its parts."""
    found: set[Hashable] = set()
    waiting = [fold(node, named)]
    while waiting:
        value = waiting.pop()
        if value is None:
            continue
        found.add(value)
        if isinstance(value, tuple) and value[0] in ("seq", "call"):
            waiting += value[1 if value[0] == "seq" else 2 :]
    return found


def _sides(tree: ast.AST) -> list[ast.expr]:
    """Both sides of every comparison and of every ``assertEqual``."""
    sides: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides += [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and names_of(node.func)[-1:] and names_of(node.func)[-1].startswith("assert"):
            sides += node.args
    return sides
