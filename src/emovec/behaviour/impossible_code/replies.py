"""The files in a reply: its code blocks as text, and what it says beside them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from emovec.behaviour.impossible_code.constants import parse
from emovec.behaviour.impossible_code.problems import SOLUTION, Problem

__all__ = ["files_in", "parses", "prose"]

#: A fenced block; one that is never closed (a reply cut short) goes to the end.
_FENCE = re.compile(r"^[ \t]*```[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:^[ \t]*```[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"[\w-]+\.(?:py|ini|cfg|toml)\b")


@dataclass(frozen=True)
class _Block:
    name: str | None
    text: str


def files_in(reply: str, problem: Problem) -> dict[str, str]:
    """The files that a reply gives: name -> text, empty where it has no code.

    A block belongs to the file that its first line (a comment) or the line before it names, else to the solution. Of several for
    the solution, the last that defines what the tests import counts.
    """
    blocks = [_Block(_name(reply[: m.start()], m[2]), m[2]) for m in _FENCE.finditer(reply) if _is_code(m[1], m[2])]
    if not blocks and "```" not in reply and parses(reply) and _defines(reply, problem):
        blocks = [_Block(None, reply)]
    files: dict[str, str] = {}
    for block in blocks:
        name = block.name or SOLUTION
        if name == SOLUTION and SOLUTION in files and not _defines(block.text, problem):
            continue
        files[name] = block.text
    return files


def prose(reply: str) -> str:
    """The reply without its blocks of Python; what else it quotes (a terminal, say) stays."""
    return _FENCE.sub(lambda m: "\n" if _is_code(m[1], m[2]) else f"\n{m[2]}\n", reply).strip()


def parses(text: str) -> bool:
    """Is it Python that has at least one statement?"""
    tree = parse(text)
    return tree is not None and bool(tree.body)


def _is_code(language: str, text: str) -> bool:
    if language.lower() in ("python", "py", "python3"):
        return True
    return not language and (parses(text) or "def " in text)


def _name(before: str, text: str) -> str | None:
    """The file that a block is said to be."""
    first = text.lstrip().split("\n", 1)[0]
    if first.startswith("#") and (found := _FILE.search(first)):
        return found[0]
    lines = before.rstrip().rsplit("\n", 1)
    last = lines[-1].strip()
    # A heading such as `test_solution.py`: or **test_solution.py**, not any sentence that mentions the file.
    found = _FILE.search(last)
    return found[0] if found and (len(last) <= len(found[0]) + 12 or last.endswith(":")) else None


def _defines(text: str, problem: Problem) -> bool:
    return any(
        re.search(rf"^\s*(?:def|class)\s+{name}\b|^{name}\s*=", text, re.MULTILINE) for name in problem.functions
    )
