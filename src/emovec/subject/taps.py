"""The only file with hooks: read the residual stream at blocks, add to it, stop a pass early.

Every tap is a context manager that leaves the model as it found it, also after an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from emovec.errors import BadInput
from emovec.subject.anatomy import Anatomy

__all__ = ["added", "capture", "edit", "stopped_after"]

#: Called with (block, residual of shape (batch, tokens, width)).
Reader = Callable[[int, torch.Tensor], None]
#: Called with the residual (batch, tokens, width); returns what replaces it.
Editor = Callable[[torch.Tensor], torch.Tensor]


class _Stop(Exception):
    """Ends a forward pass at a block; never leaves this module."""


def _residual(output: Any) -> torch.Tensor:
    residual: torch.Tensor = output[0] if isinstance(output, tuple) else output
    return residual


def _check(anatomy: Anatomy, blocks: Iterable[int]) -> None:
    for block in blocks:
        if not 0 <= block < anatomy.depth:
            raise BadInput(f"block {block} does not exist; this model has blocks 0 to {anatomy.depth - 1}")


@contextmanager
def _hooks(pairs: Iterable[tuple[nn.Module, Callable[..., Any]]]) -> Iterator[None]:
    handles = []
    try:
        for module, hook in pairs:
            handles.append(module.register_forward_hook(hook))
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def capture(anatomy: Anatomy, blocks: Iterable[int], reader: Reader) -> Iterator[None]:
    """While open, ``reader(block, residual)`` sees the output of every block asked for, in order of depth.

    Raises:
        BadInput: if a block does not exist.
    """
    blocks = sorted(set(blocks))
    _check(anatomy, blocks)

    def hook_for(block: int) -> Callable[..., None]:
        def hook(_module: nn.Module, _args: Any, output: Any) -> None:
            reader(block, _residual(output).detach())

        return hook

    with _hooks((anatomy.blocks[b], hook_for(b)) for b in blocks):
        yield


@contextmanager
def edit(anatomy: Anatomy, editors: Mapping[int, Editor]) -> Iterator[None]:
    """While open, each block's output is replaced by ``editors[block](output)``.

    Raises:
        BadInput: if a block does not exist.
    """
    _check(anatomy, editors)

    def hook_for(editor: Editor) -> Callable[..., Any]:
        def hook(_module: nn.Module, _args: Any, output: Any) -> Any:
            changed = editor(_residual(output))
            return (changed, *output[1:]) if isinstance(output, tuple) else changed

        return hook

    with _hooks((anatomy.blocks[b], hook_for(e)) for b, e in sorted(editors.items())):
        yield


@contextmanager
def added(anatomy: Anatomy, vectors: Mapping[int, NDArray[np.floating]]) -> Iterator[None]:
    """While open, ``vectors[block]`` (width,) is added to each block's output at every token.

    Raises:
        BadInput: if a block does not exist.
    """

    def editor(vector: NDArray[np.floating]) -> Editor:
        tensor = torch.as_tensor(np.asarray(vector, dtype=np.float32))
        return lambda residual: residual + tensor.to(residual)

    with edit(anatomy, {block: editor(v) for block, v in vectors.items()}):
        yield


@contextmanager
def stopped_after(anatomy: Anatomy, block: int) -> Iterator[None]:
    """Forward passes inside end quietly once ``block`` has run (the ``with`` body ends there with them).

    Enter it after a :func:`capture` that reads the same block: hooks run in the order in which they were set.
    """
    _check(anatomy, [block])

    def hook(_module: nn.Module, _args: Any, _output: Any) -> None:
        raise _Stop

    with _hooks([(anatomy.blocks[block], hook)]), suppress(_Stop):
        yield
