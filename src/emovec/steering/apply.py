"""Specs on a model: what is added, ablated or clamped, per row and at absolute positions, exactly.

Of every covered token, additions sum up first; then the projections on all ablated and clamped directions are set at once, by the
smallest change that does so. So the order in which the terms are written makes no difference, and nothing is left of what is ablated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from emovec.errors import BadInput
from emovec.steering.levers import Levers, levers_of
from emovec.steering.positions import END, Ranges, needs_prompt, ranges_of
from emovec.steering.spec import Spec, SpecLike
from emovec.subject import Encoded, Subject
from emovec.subject.taps import Editor, edit
from emovec.vectors import EmotionVectors

__all__ = ["Plan", "plan", "steer", "steered"]


@dataclass(frozen=True)
class _Entry:
    """One vector of one row at one block: an addition, or (``value`` given) a unit direction whose projection is set."""

    ranges: Ranges
    vector: NDArray[np.float64]
    value: float = 0.0


@dataclass(frozen=True)
class _Table:
    """Entries of many rows, padded to the same number with empty ones: vectors (rows, entries, width), values (rows, entries), starts and stops (rows, entries, ranges)."""

    vectors: torch.Tensor
    values: torch.Tensor
    starts: torch.Tensor
    stops: torch.Tensor

    @classmethod
    def of(cls, rows: Sequence[Sequence[_Entry]], width: int, device: torch.device) -> _Table:
        entries = max(map(len, rows))
        ranges = max((len(e.ranges) for row in rows for e in row), default=1) or 1
        vectors = np.zeros((len(rows), entries, width), dtype=np.float32)
        values = np.zeros((len(rows), entries), dtype=np.float32)
        limits = np.zeros((2, len(rows), entries, ranges), dtype=np.int64)
        for r, row in enumerate(rows):
            for e, entry in enumerate(row):
                vectors[r, e], values[r, e] = entry.vector, entry.value
                for i, span in enumerate(entry.ranges):
                    limits[:, r, e, i] = span
        return cls(*(torch.from_numpy(a).to(device) for a in (vectors, values, limits[0], limits[1])))

    def select(self, rows: torch.Tensor) -> _Table:
        return _Table(self.vectors[rows], self.values[rows], self.starts[rows], self.stops[rows])

    def to(self, device: torch.device) -> _Table:
        return _Table(self.vectors.to(device), self.values.to(device), self.starts.to(device), self.stops.to(device))

    def covered(self, positions: torch.Tensor) -> torch.Tensor:
        """Which tokens each entry covers, (rows, tokens, entries)."""
        at = positions[:, :, None, None]
        return ((at >= self.starts[:, None]) & (at < self.stops[:, None])).any(-1)


def _change(residual: torch.Tensor, positions: torch.Tensor, adds: _Table, holds: _Table) -> torch.Tensor:
    out = residual.to(torch.promote_types(residual.dtype, torch.float32))
    if adds.vectors.shape[1]:
        out = out + adds.covered(positions).to(out) @ adds.vectors.to(out)
    if holds.vectors.shape[1]:
        active, vectors = holds.covered(positions).to(out), holds.vectors.to(out)
        gap = (holds.values[:, None].to(out) - out @ vectors.mT) * active
        if vectors.shape[1] > 1:
            # Directions are not orthogonal: solve for the amounts that close all of the gaps of a token at once.
            gram = (vectors.double() @ vectors.double().mT)[:, None] * (active[..., :, None] * active[..., None, :])
            gram = gram + torch.diag_embed(1.0 - active)
            gap = (torch.linalg.pinv(gram, hermitian=True, rtol=1e-6) @ gap.double()[..., None])[..., 0].to(out)
        out = out + gap @ vectors
    return out.to(residual.dtype)


class Plan:
    """Specs found on their prompts, one per row, ready to be applied to passes over any of the rows.

    Attributes:
        specs: one per row.
        free: per row, how many of the first tokens nothing is done to; END if nothing is done at all.
        lowest: the first block that anything is done at; None if nothing is done at all.
    """

    def __init__(
        self,
        subject: Subject,
        levers: Levers,
        specs: Sequence[Spec],
        prompts: Sequence[Encoded] | None,
        block: int | None,
    ) -> None:
        levers.check(subject)
        self.specs = tuple(specs)
        self._subject = subject
        self._blocks: dict[int, tuple[_Table, _Table]] = {}
        default = levers.block if block is None else block
        free = [END] * len(self.specs)
        found: dict[int, list[tuple[dict[Ranges, NDArray[np.float64]], list[_Entry]]]] = {}
        for r, spec in enumerate(self.specs):
            for term in spec.terms:
                row = levers.index(term.direction)
                ranges = ranges_of(term.places, prompts[r] if prompts is not None else None)
                for where in term.blocks or (default,):
                    direction, norm = levers.units[row, levers.slot(where)], levers.norms[levers.slot(where)]
                    # Strength 0 is the identity, to the bit.
                    if not ranges or (term.mode == "add" and term.strength == 0):
                        continue
                    free[r] = min(free[r], ranges[0][0])
                    adds, holds = found.setdefault(where, [({}, []) for _ in self.specs])[r]
                    if term.mode == "add":
                        adds[ranges] = adds.get(ranges, 0.0) + term.strength * norm * direction
                    else:
                        holds.append(_Entry(ranges, direction, term.strength * norm))
        self.free = tuple(free)
        self.lowest = min(found, default=None)
        for where, rows in found.items():
            added = [[_Entry(ranges, vector) for ranges, vector in adds.items()] for adds, _ in rows]
            self._blocks[where] = (
                _Table.of(added, subject.width, subject.device),
                _Table.of([holds for _, holds in rows], subject.width, subject.device),
            )

    def over(self, rows: Sequence[int]) -> AbstractContextManager[None]:
        """While open, passes are steered whose rows are these rows of the plan, in this order, or each of them several times in a row (beams)."""
        picked = torch.tensor(list(rows), dtype=torch.long, device=self._subject.device)
        tables = {b: (adds.select(picked), holds.select(picked)) for b, (adds, holds) in self._blocks.items()}
        return edit(self._subject.anatomy, {b: _editor(adds, holds) for b, (adds, holds) in tables.items()})


def _editor(adds: _Table, holds: _Table) -> Editor:
    rows = len(adds.values)
    fitted: dict[tuple[int, torch.device], tuple[_Table, _Table]] = {}

    def change(residual: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        batch, device = len(residual), residual.device
        if (batch, device) not in fitted:
            if batch % rows:
                raise BadInput(
                    f"a pass has {batch} rows, but {rows} are steered; give as many prompts as the pass has rows, in their order"
                )
            # Beams and repeated samples of a row lie side by side, and stay with their row when the cache is reordered.
            index = torch.arange(batch, device=device) // (batch // rows)
            fitted[batch, device] = (adds.to(device).select(index), holds.to(device).select(index))
        return _change(residual, positions, *fitted[batch, device])

    return change


def plan(
    subject: Subject,
    vectors: EmotionVectors | Levers,
    specs: Sequence[SpecLike],
    prompts: Sequence[Encoded] | None = None,
    block: int | None = None,
) -> Plan:
    """Find each row's spec on its prompt.

    Args:
        specs: one per row.
        prompts: one per row; needed where a spec's places are found in the prompt.
        block: where terms that name no block are applied (default: the block that the vectors picked).

    Raises:
        ForeignSubject: if the vectors were made from another model.
        UnknownEmotion: for a direction that they lack.
        BadInput: if there are not as many specs as prompts, a block is missing or a place cannot be found.
    """
    found = [Spec.of(s) for s in specs]
    if prompts is not None and len(prompts) != len(found):
        raise BadInput(f"{len(found)} specs for {len(prompts)} prompts; give one each")
    if prompts is None and any(needs_prompt(term.places) for spec in found for term in spec.terms):
        raise BadInput("this steering goes by turns, phrases or what is generated; give the prompts (prompts=...)")
    return Plan(subject, levers_of(vectors), found, prompts, block)


@contextmanager
def steer(
    subject: Subject,
    vectors: EmotionVectors | Levers,
    spec: SpecLike | Sequence[SpecLike],
    block: int | None = None,
    *,
    prompts: Encoded | Sequence[Encoded] | None = None,
) -> Iterator[None]:
    """While open, every pass of the subject is steered: ``with steer(subject, vectors, "desperate:0.05 - calm:0.05"): ...``.

    It holds for reading, scoring, and transformers' own ``generate`` (greedy, sampled, beams; with and without a cache): positions are
    absolute in each row. The model is left as found, also after an error.

    Args:
        spec: an expression, a :class:`Spec`, doses ``{"calm": 0.1}``, or a list with one of these per row.
        block: where terms that name no block are applied (default: the block that the vectors picked).
        prompts: the rows' prompts, in the order of the passes' rows; needed where a place is found in the prompt (roles, phrases, characters,
            ``@generated``). One spec with several prompts is applied to each. With one row, passes may have any number of rows.

    Raises:
        ForeignSubject: if the vectors were made from another model.
        UnknownEmotion: for a direction that they lack.
        BadInput: if a place needs a prompt that is not given, or a pass has rows that do not fit.
    """
    many = isinstance(spec, Sequence) and not isinstance(spec, str)
    specs: list[SpecLike] = list(spec) if many else [spec]  # type: ignore[arg-type,list-item]
    rows = None if prompts is None else [prompts] if isinstance(prompts, Encoded) else list(prompts)
    if rows is not None and not many:
        specs *= len(rows)
    made = plan(subject, vectors, specs, rows, block)
    with made.over(range(len(specs))):
        yield


#: The same under its older name.
steered = steer
