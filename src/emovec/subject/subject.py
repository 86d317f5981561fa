"""The subject: one loaded model, its tokenizer, its anatomy, and a fingerprint that artifacts are bound to."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from emovec.errors import UnsupportedModel
from emovec.store import digest
from emovec.subject.anatomy import Anatomy, find_anatomy

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

__all__ = ["Fingerprint", "Subject"]


@dataclass(frozen=True)
class Fingerprint:
    """What identifies a subject. Two loads of the same weights in float32 and bfloat16 have the same fingerprint.

    Attributes:
        weights: hash of all parameter names and shapes and of up to 1,024 values of each, rounded to bfloat16.
        tokenizer: hash of the vocabulary.
        template: hash of the chat template ("" where there is none).
    """

    name: str
    revision: str
    architecture: str
    depth: int
    width: int
    weights: str
    tokenizer: str
    template: str

    def differs(self, other: Fingerprint) -> list[str]:
        """Names of the fields, of those that matter, in which two fingerprints differ."""
        matter = ("architecture", "depth", "width", "weights", "tokenizer", "template")
        mine, theirs = asdict(self), asdict(other)
        return [name for name in matter if mine[name] != theirs[name]]


class Subject:
    """A model under study. It is never changed: what reads or steers it does so through taps that undo themselves."""

    def __init__(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, *, name: str = "", revision: str = ""
    ) -> None:
        """Wrap a loaded transformers model and its tokenizer.

        Raises:
            UnsupportedModel: if the model's parts cannot be found, or the tokenizer is not a "fast" one (it must report
                which characters a token covers).
        """
        if not tokenizer.is_fast:
            raise UnsupportedModel(
                f"{type(tokenizer).__name__} reports no character offsets; a fast tokenizer is needed"
            )
        self.model = model
        self.tokenizer: Any = tokenizer
        self.name = name or str(getattr(model.config, "_name_or_path", "")) or type(model).__name__
        self.revision = revision
        self.anatomy: Anatomy = find_anatomy(model)

    @property
    def device(self) -> torch.device:
        """Device of the input embedding."""
        return next(self.anatomy.embedding.parameters()).device

    @property
    def depth(self) -> int:
        """Number of blocks."""
        return self.anatomy.depth

    @property
    def width(self) -> int:
        """Width of the residual stream."""
        return self.anatomy.width

    @property
    def has_template(self) -> bool:
        """Whether the tokenizer has a chat template."""
        return bool(getattr(self.tokenizer, "chat_template", None))

    @property
    def pad_id(self) -> int:
        """A token id to pad with (its positions are always masked)."""
        for token in (self.tokenizer.pad_token_id, self.tokenizer.eos_token_id):
            if isinstance(token, int):
                return token
        return 0

    @cached_property
    def takes_positions(self) -> bool:
        """Whether the decoder takes ``position_ids`` (models with ALiBi do not)."""
        return "position_ids" in inspect.signature(self.anatomy.decoder.forward).parameters

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """What artifacts made from this subject are bound to."""
        h = hashlib.blake2b(digest_size=8)
        for name, parameter in sorted(self.model.named_parameters()):
            flat = parameter.detach().reshape(-1)
            picked = flat[:: max(1, flat.numel() // 1024)][:1024].to(torch.bfloat16).to(torch.float32)
            h.update(f"{name}{tuple(parameter.shape)}".encode())
            h.update(picked.cpu().numpy().tobytes())
        return Fingerprint(
            name=self.name,
            revision=self.revision,
            architecture=type(self.model).__name__,
            depth=self.depth,
            width=self.width,
            weights=h.hexdigest(),
            tokenizer=digest(sorted(self.tokenizer.get_vocab().items())),
            template=digest(self.tokenizer.chat_template) if self.has_template else "",
        )

    def mean_embeddings(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Mean token embedding of each text, (texts, width): what its words give without their order or context."""
        matrix = self.anatomy.embedding_matrix().float().cpu().numpy().astype(np.float64)
        encoded = self.tokenizer(list(texts), add_special_tokens=False)["input_ids"]
        return np.stack([matrix[ids].mean(0) for ids in encoded])

    def block_at(self, fraction: float) -> int:
        """The block a fraction of the way up (the paper works "about two thirds up")."""
        return min(self.depth - 1, max(0, round(fraction * (self.depth - 1))))

    def __repr__(self) -> str:
        return f"Subject({self.name}: {self.depth} blocks, width {self.width}, on {self.device})"
