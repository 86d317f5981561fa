"""The only file with hooks: read the residual stream at blocks, add to it, stop a pass early.

Every tap is a context manager that leaves the model as it found it, also after an error.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from emovec.errors import BadInput
from emovec.subject.anatomy import Anatomy

__all__ = ["added", "capture", "edit", "split_at", "stopped_after"]

#: Called with (block, residual of shape (batch, tokens, width)).
Reader = Callable[[int, torch.Tensor], None]
#: Called with the residual (batch, tokens, width) and each token's absolute position in its own row (batch, tokens): 0 for the
#: row's first real token, however much padding or cache there is, and -1 at padding. Returns what replaces the residual.
Editor = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


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


def _positions(given: Mapping[str, Any]) -> torch.Tensor:
    """Absolute positions (batch, tokens) of the tokens that a call of the decoder brings, -1 at padding.

    A two-dimensional attention mask covers cache and chunk, so it tells them exactly for any padding and any chunking. Without one
    there is no padding, and the positions are those that the model itself goes by.
    """
    ids = given.get("input_ids")
    tokens = ids if ids is not None else given["inputs_embeds"]
    rows, length = tokens.shape[:2]
    cache = given.get("past_key_values")
    past = int(cache.get_seq_length()) if cache is not None else 0
    mask = given.get("attention_mask")
    if isinstance(mask, torch.Tensor) and mask.ndim == 2 and mask.shape[1] == past + length:
        real = mask.bool()
        positions = torch.where(real, real.cumsum(-1) - 1, -1)[:, -length:]
    else:
        own = given.get("position_ids")
        positions = torch.arange(past, past + length, device=tokens.device) if own is None else own
        if positions.ndim == 3:  # one set per rotary section; the first counts tokens
            positions = positions[0]
    return positions.expand(rows, length)


@contextmanager
def edit(anatomy: Anatomy, editors: Mapping[int, Editor]) -> Iterator[None]:
    """While open, each block's output is replaced by ``editors[block](output, positions)``.

    Raises:
        BadInput: if a block does not exist.
    """
    _check(anatomy, editors)
    names = list(inspect.signature(anatomy.decoder.forward).parameters)
    current: list[torch.Tensor] = []

    def see(_module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        current[:] = [_positions({**dict(zip(names, args, strict=False)), **kwargs})]

    def hook_for(editor: Editor) -> Callable[..., Any]:
        def hook(_module: nn.Module, _args: Any, output: Any) -> Any:
            residual = _residual(output)
            # Rows may have been split off since the pass began: see split_at.
            changed = editor(residual, current[0].to(residual.device).expand(len(residual), -1))
            return (changed, *output[1:]) if isinstance(output, tuple) else changed

        return hook

    watch = anatomy.decoder.register_forward_pre_hook(see, with_kwargs=True)
    try:
        with _hooks((anatomy.blocks[b], hook_for(e)) for b, e in sorted(editors.items())):
            yield
    finally:
        watch.remove()


@contextmanager
def added(anatomy: Anatomy, vectors: Mapping[int, NDArray[np.floating]]) -> Iterator[None]:
    """While open, ``vectors[block]`` (width,) is added to each block's output at every token.

    Raises:
        BadInput: if a block does not exist.
    """

    def editor(vector: NDArray[np.floating]) -> Editor:
        tensor = torch.as_tensor(np.asarray(vector, dtype=np.float32))
        return lambda residual, _positions: residual + tensor.to(residual)

    with edit(anatomy, {block: editor(v) for block, v in vectors.items()}):
        yield


@contextmanager
def split_at(anatomy: Anatomy, block: int, rows: int) -> Iterator[None]:
    """While open, a pass of one row becomes ``rows`` rows with the output of ``block``: what differs from there on only is computed once below.

    Enter it before an :func:`edit` of the same block: hooks run in the order in which they were set.
    """
    _check(anatomy, [block])

    def hook(_module: nn.Module, _args: Any, output: Any) -> Any:
        residual = _residual(output).expand(rows, -1, -1)
        return (residual, *output[1:]) if isinstance(output, tuple) else residual

    with _hooks([(anatomy.blocks[block], hook)]):
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
