"""Where the parts of a decoder are: embedding, blocks, final norm, unembedding.

Found by structure, not by a list of model names: the decoder is the module that holds the input embedding, the
blocks are its ModuleList with as many entries as the config has layers, the final norm is its norm layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from emovec.errors import UnsupportedModel

__all__ = ["Anatomy", "find_anatomy"]


@dataclass(frozen=True)
class Anatomy:
    """The parts of one decoder. ``blocks[i]`` is decoder block *i*, 0-based; its output is the residual stream at block *i*."""

    decoder: nn.Module
    embedding: nn.Module
    blocks: nn.ModuleList
    final_norm: nn.Module
    unembedding: nn.Module | None
    width: int

    @property
    def depth(self) -> int:
        """Number of blocks."""
        return len(self.blocks)

    def embedding_matrix(self) -> torch.Tensor:
        """Token embeddings, (vocabulary, width)."""
        weight = self.embedding.weight
        assert isinstance(weight, torch.Tensor)
        return weight.detach()

    def unembedding_matrix(self) -> torch.Tensor:
        """Unembedding weights, (vocabulary, width).

        Raises:
            UnsupportedModel: if the model was loaded without a language-model head.
        """
        if self.unembedding is None:
            raise UnsupportedModel("the model has no unembedding; load it as a causal language model")
        weight = self.unembedding.weight
        assert isinstance(weight, torch.Tensor)
        return weight.detach()

    def final_norm_gain(self) -> torch.Tensor:
        """The final norm's elementwise gain, (width,), float32; asked of the norm itself, so "1 + weight" norms come out right."""
        weight = getattr(self.final_norm, "weight", None)
        if weight is None:
            return torch.ones(self.width)
        # A vector of alternating +-1 has mean 0 and RMS 1: the norm returns gain * vector (+ bias).
        probe = torch.ones(self.width, device=weight.device, dtype=weight.dtype)
        probe[1::2] = -1
        with torch.no_grad():
            out = self.final_norm(probe[None, None])[0, 0]
            bias = getattr(self.final_norm, "bias", None)
            out = out - bias if bias is not None else out
        gain: torch.Tensor = (out / probe).float()
        return gain


def _find_decoder(model: nn.Module, embedding: nn.Module) -> nn.Module | None:
    for module in model.modules():
        if any(child is embedding for child in module.children()):
            return module
    return None


def find_anatomy(model: nn.Module) -> Anatomy:
    """The anatomy of a transformers causal language model.

    Raises:
        UnsupportedModel: if a part cannot be found; the message names it.
    """
    kind = type(model).__name__
    config = model.config.get_text_config()  # type: ignore[union-attr,operator]
    depth = getattr(config, "num_hidden_layers", None)
    embedding = model.get_input_embeddings()  # type: ignore[operator]
    decoder = _find_decoder(model, embedding) if embedding is not None else None
    if decoder is None or depth is None:
        raise UnsupportedModel(
            f"{kind}: no decoder with an input embedding found; emovec needs a decoder-only language model"
        )
    lists = [child for child in decoder.children() if isinstance(child, nn.ModuleList) and len(child) == depth]
    if len(lists) != 1:
        raise UnsupportedModel(
            f"{kind}: {len(lists)} lists of {depth} blocks found beside the embedding, expected exactly one; "
            "please report the model's name"
        )
    norms = [
        child
        for name, child in decoder.named_children()
        if "norm" in type(child).__name__.lower() and "embed" not in name.lower() and "per_layer" not in name.lower()
    ]
    if len(norms) > 1:
        raise UnsupportedModel(f"{kind}: {len(norms)} candidates for the final norm; please report the model's name")
    unembedding = model.get_output_embeddings() if hasattr(model, "get_output_embeddings") else None  # type: ignore[operator]
    return Anatomy(
        decoder=decoder,
        embedding=embedding,
        blocks=lists[0],
        final_norm=norms[0] if norms else nn.Identity(),
        unembedding=unembedding,
        width=int(config.hidden_size),
    )
