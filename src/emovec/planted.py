"""A planted subject: a tiny transformer whose emotion directions are put there by construction, and texts that carry them.

It makes every stage checkable against the truth without a download. Its blocks pass the residual stream on unchanged (but for the end of the question that
emovec puts after a text, where the first block gathers what the text evoked), so the residual at every block is the token's embedding: filler and topic tokens live in one half of the width, evocative tokens carry their emotion's direction in the other
half, and the unembedding row of each emotion's word is that direction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emovec.corpora import Corpus, Dialogue, Text
from emovec.lexicon import emotion
from emovec.store import digest
from emovec.subject import Subject
from emovec.vectors.activations import QUESTIONS

__all__ = ["PLANTED_EMOTIONS", "Circuit", "Planted", "Script", "planted_corpus", "planted_subject"]

#: Behaviour in context, planted at a block: the words of a text so far and the true directions (emotions, width) -> what the block adds to each token, (tokens, width).
#: It must be causal: what is added at a token may depend on that token and those before it only.
#: See :data:`Circuit` for behaviour that goes by the residual stream and not by the words.
Script = Callable[[Sequence[str], NDArray[np.float64]], NDArray[np.float64]]
#: As a script, but it sees the residual stream (tokens, width) too, and with it what steering has done: (words, residual, truth) -> what is added.
Circuit = Callable[[Sequence[str], NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]

#: Six of each quadrant.
PLANTED_EMOTIONS = (
    "afraid", "angry", "ashamed", "at ease", "blissful", "bored", "calm", "cheerful", "content", "depressed", "desperate", "ecstatic",
    "excited", "furious", "gloomy", "happy", "lonely", "loving", "panicked", "peaceful", "proud", "relaxed", "sad", "tired",
)  # fmt: skip

_HINTS = {word.replace(" ", ""): e for e, word in enumerate(PLANTED_EMOTIONS)}
_WIDTH, _EVOKERS, _TOPICS, _FILLERS = 96, 6, 8, 60
#: The last word of the questions that are put after a text: there the first block gathers what the text evoked.
_ASKED = QUESTIONS[-1].split()[-1]
_TEMPLATE = "{% for m in messages %}<{{ m['role'] }}> {{ m['content'] }} <end> {% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"


@dataclass(frozen=True)
class Planted:
    """The subject and the truth: unit directions (emotions, width), centred over emotions."""

    subject: Subject
    emotions: tuple[str, ...]
    truth: NDArray[np.float64]


def _vocabulary(extra: Sequence[str]) -> list[str]:
    words = ["<pad>", "<unk>", "<end>", "<user>", "<assistant>", "<system>", "<tool>"]
    words += [f"filler{_letters(i)}" for i in range(_FILLERS)]
    words += [f"topic{_letters(t)}x{_letters(i)}" for t in range(_TOPICS) for i in range(4)]
    words += [f"hint{e.replace(' ', '')}{_letters(i)}" for e in PLANTED_EMOTIONS for i in range(_EVOKERS)]
    words += [e.replace(" ", "-") for e in PLANTED_EMOTIONS]
    words.append(_ASKED)
    return words + [w for w in dict.fromkeys(extra) if w not in words]


def _letters(number: int) -> str:
    return chr(97 + number // 26) + chr(97 + number % 26)


def planted_subject(
    seed: int = 0,
    *,
    scripts: Mapping[int, Script] | None = None,
    circuits: Mapping[int, Circuit] | None = None,
    words: Sequence[str] = (),
) -> Planted:
    """Build the planted subject (a second or two; no download).

    Args:
        scripts: block -> behaviour in context that this block is given (see :data:`Script`); the others pass the residual stream on
            unchanged. A scripted subject reads whole texts; it cannot decode with a cache.
        circuits: block -> behaviour that goes by the residual stream (see :data:`Circuit`); the same holds of these.
        words: more words for the vocabulary, which carry no emotion of their own ("not", names, ...).
    """
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    rng = np.random.default_rng(seed)
    vocabulary = _vocabulary(words)
    at = {w: i for i, w in enumerate(vocabulary)}
    half = _WIDTH // 2
    ratings = np.array([[emotion(e).valence - 4, emotion(e).arousal - 4] for e in PLANTED_EMOTIONS])
    basis = np.linalg.qr(rng.standard_normal((half, half)))[0]
    own = basis[2 : 2 + len(PLANTED_EMOTIONS)]
    truth = np.zeros((len(PLANTED_EMOTIONS), _WIDTH))
    truth[:, :half] = ratings[:, :1] * 1.2 * basis[0] + ratings[:, 1:] * 0.8 * basis[1] + own
    truth -= truth.mean(0)
    embedding = np.zeros((len(vocabulary), _WIDTH))
    embedding[:, half:] = 0.3 * rng.standard_normal((len(vocabulary), half))
    embedding[:, half:] += 0.5  # a mean that everything shares
    for t in range(_TOPICS):
        shift = 0.5 * rng.standard_normal(half)
        for i in range(4):
            embedding[at[f"topic{_letters(t)}x{_letters(i)}"], half:] += shift
    unembedding = 0.02 * rng.standard_normal((len(vocabulary), _WIDTH))
    for e, word in enumerate(PLANTED_EMOTIONS):
        for i in range(_EVOKERS):
            row = at[f"hint{word.replace(' ', '')}{_letters(i)}"]
            embedding[row, :half], embedding[row, half:] = truth[e, :half], 0.5
        unembedding[at[word.replace(" ", "-")]] = truth[e] / np.linalg.norm(truth[e])
    config = LlamaConfig(
        vocab_size=len(vocabulary), hidden_size=_WIDTH, intermediate_size=16, num_hidden_layers=6, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=512, tie_word_embeddings=False, pad_token_id=0, bos_token_id=None, eos_token_id=2,
    )  # fmt: skip
    model = LlamaForCausalLM(config).eval()
    with torch.no_grad():
        for block in model.model.layers:
            block.self_attn.o_proj.weight.zero_()
            block.mlp.down_proj.weight.zero_()
        model.model.embed_tokens.weight.copy_(torch.from_numpy(embedding))
        model.lm_head.weight.copy_(torch.from_numpy(unembedding))
        for name, parameter in model.named_parameters():  # the idle weights too come from the seed
            if any(part in name for part in ("q_proj", "k_proj", "v_proj", "gate_proj", "up_proj")):
                parameter.copy_(torch.from_numpy(0.02 * rng.standard_normal(tuple(parameter.shape))))
        # Behaviour is no weight: without this a scripted subject would be taken for another in every cache.
        if behaviour := [(b, _identity(f)) for b, f in [*(scripts or {}).items(), *(circuits or {}).items()]]:
            model.model.layers[0].self_attn.q_proj.weight.add_(1 + int(digest(behaviour)[:6], 16) / 2**20)
    inner = Tokenizer(models.WordLevel({w: i for i, w in enumerate(vocabulary)}, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", unk_token="<unk>", eos_token="<end>", chat_template=_TEMPLATE
    )
    unit = truth / np.linalg.norm(truth, axis=1, keepdims=True)
    planted = [
        (0, _scripted(_gather)),
        *((b, _scripted(script)) for b, script in (scripts or {}).items()),
        *(circuits or {}).items(),
    ]
    _plant(model, vocabulary, unit, planted)
    return Planted(Subject(model, tokenizer, name="planted"), PLANTED_EMOTIONS, unit)


def _gather(words: Sequence[str], truth: NDArray[np.float64]) -> NDArray[np.float64]:
    """At the end of the question the mean of the emotions evoked so far."""
    out = np.zeros((len(words), truth.shape[1]))
    evoked: list[int] = []
    for i, word in enumerate(words):
        if word.startswith("hint"):
            evoked.append(_HINTS[word[4:-2]])
        elif word == _ASKED and evoked:
            out[i] = truth[evoked].mean(0)
    return out


def _identity(function: Any) -> str:
    """The same for two functions of the same code over the same values."""
    if not hasattr(function, "__code__"):
        return repr(function)
    cells = [_identity(cell.cell_contents) for cell in function.__closure__ or ()]
    return f"{function.__qualname__} {function.__code__.co_code.hex()} {cells}"


def _scripted(script: Script) -> Circuit:
    return lambda words, residual, truth: script(words, truth)


def _plant(
    model: Any, vocabulary: Sequence[str], truth: NDArray[np.float64], circuits: Sequence[tuple[int, Circuit]]
) -> None:
    import torch

    seen: dict[str, torch.Tensor] = {}

    def see(_module: Any, _args: Any, kwargs: dict[str, Any]) -> None:
        seen["ids"] = kwargs["input_ids"]
        mask = kwargs.get("attention_mask")
        seen["mask"] = torch.ones_like(seen["ids"]).bool() if mask is None else mask[:, -seen["ids"].shape[1] :].bool()

    def act(circuit: Circuit) -> Callable[..., torch.Tensor]:
        def add(_module: Any, _args: Any, output: torch.Tensor) -> torch.Tensor:
            out = output.clone()
            for ids, mask, row in zip(seen["ids"], seen["mask"], out, strict=True):
                delta = circuit([vocabulary[int(i)] for i in ids[mask]], row[mask].double().numpy(), truth)
                row[mask] += torch.as_tensor(delta, dtype=row.dtype)
            return out

        return add

    model.model.register_forward_pre_hook(see, with_kwargs=True)
    for block, circuit in circuits:
        model.model.layers[block].register_forward_hook(act(circuit))


def planted_corpus(per_emotion: int = 32, *, emotional: bool = True, seed: int = 0) -> Corpus:
    """Texts for the planted subject: 70 tokens of filler, topic and (if ``emotional``) evocative tokens; half are stories, half diary.

    With ``emotional`` off the labels are there but nothing carries them: the control that no study may find anything in.
    """
    rng = np.random.default_rng([seed, 1])
    texts = []
    for e, word in enumerate(PLANTED_EMOTIONS):
        for n in range(per_emotion):
            topic = n % _TOPICS
            tokens = [f"filler{_letters(int(i))}" for i in rng.integers(0, _FILLERS, 36)]
            tokens += [f"topic{_letters(topic)}x{_letters(int(i))}" for i in rng.integers(0, 4, 12)]
            hints = PLANTED_EMOTIONS[e] if emotional else PLANTED_EMOTIONS[int(rng.integers(len(PLANTED_EMOTIONS)))]
            tokens += [f"hint{hints.replace(' ', '')}{_letters(int(i))}" for i in rng.integers(0, _EVOKERS, 22)]
            register = "story" if (n // _TOPICS) % 2 == 0 else "diary"
            text = " ".join(rng.permutation(tokens))
            texts.append(Text(f"{word.replace(' ', '-')}-{n}", word, f"t{topic}", register, "third", "planted", text))
    neutral = []
    for n in range(40):
        tokens = [f"filler{_letters(int(i))}" for i in rng.integers(0, _FILLERS, 40)]
        content = [
            {"role": "user", "content": " ".join(tokens[:15])},
            {"role": "assistant", "content": " ".join(tokens[15:])},
        ]
        neutral.append(Dialogue(f"n{n}", "filler", "planted", tuple(content)))
    return Corpus("planted" if emotional else "planted control", tuple(texts), tuple(neutral))
