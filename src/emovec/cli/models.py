"""``emovec models``: what can be loaded here."""

from __future__ import annotations

import typer

__all__ = ["models"]


def models() -> None:
    """What emovec can load here: where the embedded default lies, converted models, the Hugging Face cache."""
    from emovec.store import cache_root
    from emovec.subject.load import DEFAULT_MODEL, default_sources

    typer.echo(f"embedded default: {DEFAULT_MODEL}")
    for place, found in default_sources():
        typer.echo(f"  {place + ':':<20} {found or 'not here'}")
    converted = sorted((cache_root() / "models").glob("*/config.json"))
    typer.echo(f"converted GGUF models in {cache_root() / 'models'}: {len(converted)}")
    for path in converted:
        typer.echo(f"  {path.parent}")
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        repos = sorted(r.repo_id for r in scan_cache_dir().repos if r.repo_type == "model")
    except CacheNotFound:
        repos = []
    typer.echo(f"Hugging Face cache: {len(repos)} models")
    for repo in repos:
        typer.echo(f"  {repo}")
    typer.echo("Any other decoder: give a Hub id, a local transformers folder or a .gguf file.")
