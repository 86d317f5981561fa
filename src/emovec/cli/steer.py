"""``emovec steer``: what the model says, baseline and steered side by side."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emovec.cli.options import Block, Device, ModelOption, Recipe, VectorsOption, open_subject, vectors_for
from emovec.errors import BadInput

if TYPE_CHECKING:
    from emovec.steering import Coherence, Spec
    from emovec.subject import Encoded, Subject
    from emovec.subject.decode import Reply
    from emovec.vectors import EmotionVectors

__all__ = ["steer"]

SIDES = ("baseline", "steered")


def steer(
    text: Annotated[
        str | None, typer.Argument(help="What to say to it, or (with --complete) to continue.", show_default=False)
    ] = None,
    expression: Annotated[
        str,
        typer.Option(
            "--steer", "-s", help='What to add where: "desperate:0.05 - calm:0.05 @assistant".', show_default=False
        ),
    ] = "",
    model: ModelOption = None,
    vectors: VectorsOption = None,
    recipe: Recipe = "whitened",
    block: Block = None,
    system: Annotated[str | None, typer.Option(help="System message.", show_default=False)] = None,
    max_tokens: Annotated[int, typer.Option(min=1, help="Length of a reply.")] = 80,
    temperature: Annotated[float, typer.Option(min=0.0, help="0 is greedy.")] = 0.0,
    seed: Annotated[int, typer.Option(min=0, help="Of what is sampled; both sides meet the same noise.")] = 0,
    chat: Annotated[bool, typer.Option("--chat", help="Talk to both, turn by turn; an empty line ends.")] = False,
    complete: Annotated[bool, typer.Option("--complete", help="Continue the text as it is, without a chat.")] = False,
    plain: Annotated[bool, typer.Option(help="Chats in the plain Human:/Assistant: form (base models).")] = False,
    window: Annotated[
        bool, typer.Option("--window", help="First find the strengths that leave language whole (kept for next time).")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per reply instead of a table.")] = False,
    device: Device = None,
) -> None:
    """What does the model say, and what does it say with these emotions pushed? Coherence is measured beside both."""
    if not expression.strip():
        raise BadInput('nothing to steer; give for example --steer "desperate:0.05 - calm:0.05 @assistant"')
    if chat and complete:
        raise BadInput("--chat and --complete exclude each other; choose one")
    from emovec.steering import Spec

    Spec.parse(expression)  # a typing error should not cost the loading of a model
    lines = _lines(text, chat)
    subject = open_subject(model, device)
    made = vectors_for(subject, vectors, recipe)
    spec = Spec.parse(expression, made.emotions)
    bench = _Bench(subject, made, spec, block, max_tokens, temperature, seed, _encoder(subject, complete, plain))
    bench.warn_of_window(window)
    histories: list[list[dict[str, str]]] = [[{"role": "system", "content": system}] if system else [] for _ in SIDES]
    for line in lines:
        for history in histories:
            history.append({"role": "user", "content": line})
        replies, measured = bench.ask(histories)
        for history, reply in zip(histories, replies, strict=True):
            history.append({"role": "assistant", "content": reply.text.strip()})
        if as_json:
            typer.echo(json.dumps(bench.as_json(line, replies, measured), ensure_ascii=False))
        else:
            bench.show(replies, measured)


def _lines(text: str | None, chat: bool) -> Iterator[str]:
    """What is said: the argument or standard input once; with ``--chat`` line by line until an empty one."""
    if text is not None and not text.strip():
        raise BadInput("the text is empty; say something")
    if not chat:
        if text is None and sys.stdin.isatty():
            raise BadInput("give a text (or on standard input), or --chat")
        whole = text if text is not None else sys.stdin.read()
        if not whole.strip():
            raise BadInput("the text is empty; say something")
        return iter([whole])
    return _talk(text)


def _talk(first: str | None) -> Iterator[str]:
    if first is not None:
        yield first
    while True:
        if sys.stdin.isatty():
            typer.echo("you> ", nl=False, err=True)
        line = sys.stdin.readline().strip()
        if not line:
            return
        yield line


def _encoder(subject: Subject, complete: bool, plain: bool) -> Callable[[list[dict[str, str]]], Encoded]:
    from emovec.subject import encode_chat, encode_plain_chat, encode_text

    if complete:
        return lambda messages: encode_text(subject, messages[-1]["content"])
    encode = encode_plain_chat if plain else encode_chat
    return lambda messages: encode(subject, messages, reply=True)


@dataclass(frozen=True)
class _Bench:
    """Both sides of one conversation."""

    subject: Subject
    vectors: EmotionVectors
    spec: Spec
    block: int | None
    max_tokens: int
    temperature: float
    seed: int
    encode: Callable[[list[dict[str, str]]], Encoded]
    warnings: list[str] = field(default_factory=list)

    def warn_of_window(self, find: bool) -> None:
        """Find the windows if asked to; say which terms are known to lie outside of theirs."""
        from emovec.progress import LiveProgress
        from emovec.steering.windows import find_windows, outside

        if find:
            with LiveProgress() as progress:
                for window in find_windows(self.subject, self.vectors, self.spec, self.block, progress):
                    typer.echo(f"coherent window of {window}", err=True)
        self._warn(outside(self.vectors, self.spec, self.block))

    def ask(self, histories: list[list[dict[str, str]]]) -> tuple[list[Reply], list[Coherence]]:
        """The replies of both sides in one batch, and their coherence under the unsteered model."""
        from emovec.steering import CoherenceRule, coherence, plan
        from emovec.subject.decode import decode

        prompts = [self.encode(history) for history in histories]
        # The baseline needs no plan of its own: an empty spec is a row that nothing is done to.
        made = plan(self.subject, self.vectors, [None, self.spec], prompts, self.block)
        if made.free[1] >= len(prompts[1]) + self.max_tokens:
            self._warn([f"{self.spec} covers no token of this text, so nothing is steered"])
        replies = decode(
            self.subject, prompts, max_new_tokens=self.max_tokens, temperature=self.temperature,
            seeds=[self.seed] * 2, around=made.over, free=made.free,
        )  # fmt: skip
        base, steered = measured = coherence(self.subject, prompts, replies)
        rule = CoherenceRule()
        if not rule.holds(steered.perplexity / base.perplexity, steered.repetition - base.repetition):
            self._warn([f"this dose breaks the model: not {rule.says}"])
        return replies, measured

    def _warn(self, texts: list[str]) -> None:
        for text in texts:
            self.warnings.append(text)
            typer.echo(f"warning: {text}", err=True)

    def as_json(self, line: str, replies: list[Reply], measured: list[Coherence]) -> dict[str, Any]:
        """What was asked and answered, with the warnings since the last."""
        warnings = list(self.warnings)
        self.warnings.clear()
        sides = {
            side: {"text": reply.text, "tokens": len(reply.ids), "ended": reply.ended, **asdict(found)}
            for side, reply, found in zip(SIDES, replies, measured, strict=True)
        }
        block = self.vectors.block if self.block is None else self.block
        return {"steer": str(self.spec), "block": block, "text": line, **sides, "warnings": warnings}

    def show(self, replies: list[Reply], measured: list[Coherence]) -> None:
        """Both replies side by side, their coherence below."""
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(expand=True, show_lines=True)
        for side, head in zip(SIDES, ("baseline", str(self.spec)), strict=True):
            table.add_column(Text(head), ratio=1, header_style="bold" if side == "steered" else None)
        table.add_row(*(Text(reply.text.strip() or "(nothing)") for reply in replies))
        table.add_row(*(
            f"perplexity {c.perplexity:.1f}, repeated 4-grams {c.repetition:.0%}, distinct words {c.distinct_1:.0%}, pairs {c.distinct_2:.0%}"
            for c in measured
        ))  # fmt: skip
        Console().print(table)
