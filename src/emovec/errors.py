"""Everything that emovec raises on purpose.

::

    EmovecError                 exit code 2 on the command line, one line, no traceback
    ├── BadInput                an argument that cannot be used: names the value and the remedy
    │   ├── UnknownEmotion      not one of the vectors' emotions; offers the nearest names
    │   └── BadCorpus           a text file with a bad line: file, line, reason
    ├── ModelNotFound           no such Hub id, folder or GGUF file
    ├── UnsupportedModel        a decoder whose parts cannot be found, or that lacks what was asked
    │   └── NoChatTemplate      the tokenizer has no chat template and one was asked for
    ├── ForeignSubject          vectors made from another model, revision, template or block count
    ├── BadArtifact             a saved file that is not what it says, or is damaged
    └── MissingExtra            an optional dependency is not installed; names the extra
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "BadArtifact",
    "BadCorpus",
    "BadInput",
    "EmovecError",
    "ForeignSubject",
    "MissingExtra",
    "ModelNotFound",
    "NoChatTemplate",
    "UnknownEmotion",
    "UnsupportedModel",
]


class EmovecError(Exception):
    """Root of every error that emovec raises on purpose."""


class BadInput(EmovecError, ValueError):
    """An argument that cannot be used; the message names the value and the remedy."""


class UnknownEmotion(BadInput, KeyError):
    """A word that is not among the emotions at hand."""

    def __init__(self, word: str, known: Iterable[str]) -> None:
        known = list(known)
        near = difflib.get_close_matches(word.lower().strip(), known, n=3, cutoff=0.5)
        hint = f"did you mean {', '.join(near)}?" if near else "`emovec vectors words` lists them."
        self.word, self.near = word, near
        super().__init__(f"unknown emotion {word!r} ({len(known)} are known); {hint}")

    def __str__(self) -> str:  # KeyError would show the repr of the message
        return str(self.args[0])


class BadCorpus(BadInput):
    """A text file with a line that does not fit its schema."""

    def __init__(self, path: object, line: int, reason: str) -> None:
        self.path, self.line, self.reason = path, line, reason
        super().__init__(f"{path}, line {line}: {reason}")


class ModelNotFound(EmovecError, FileNotFoundError):
    """No such model: not a folder, not a GGUF file, not in a cache, not on the Hub."""


class UnsupportedModel(EmovecError):
    """A model whose parts emovec cannot find, or that lacks what was asked of it."""


class NoChatTemplate(UnsupportedModel):
    """The tokenizer has no chat template, and the work asked for needs one."""


class ForeignSubject(EmovecError):
    """Vectors are bound to the subject that made them; this is another one."""


class BadArtifact(EmovecError):
    """A saved artifact that is damaged or is not what its header says."""


class MissingExtra(EmovecError, ImportError):
    """An optional dependency is not installed."""
