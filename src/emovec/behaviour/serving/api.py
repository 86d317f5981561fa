"""The Inspect model provider: any Inspect task under steering, with the readings of every turn in its log.

    inspect eval TASK --model emovec/MODEL -M vectors=runs/MODEL/vectors/whitened -M steer="desperate:0.05"

Requests that come in together run as rows of common batches, each under its steering spec and on a noise of its own.
"""

from __future__ import annotations

from dataclasses import asdict
from logging import getLogger
from typing import Any

import anyio
from inspect_ai.log._samples import sample_active
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    ModelAPI,
    ModelInfo,
    ModelOutput,
    ModelUsage,
    set_model_info,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from emovec.behaviour.serving.batching import Batcher, Request
from emovec.behaviour.serving.chatting import parse_reply, rendered
from emovec.behaviour.serving.turns import turn_readings
from emovec.errors import BadInput
from emovec.steering import Spec
from emovec.store import digest
from emovec.subject import Encoded
from emovec.subject.windows import max_positions

__all__ = ["EmovecAPI"]

_log = getLogger(__name__)
#: Sampling settings of Inspect that are passed over, with a warning, because emovec samples from the plain softmax only.
_IGNORED = (
    "top_p",
    "top_k",
    "frequency_penalty",
    "presence_penalty",
    "logprobs",
    "top_logprobs",
    "num_choices",
    "logit_bias",
)


class EmovecAPI(ModelAPI):  # type: ignore[misc]
    """One subject, steered."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008
        vectors: str | None = None,
        steer: str | None = None,
        block: int | None = None,
        readings: bool = True,
        coherence: bool = False,
        levers: str | None = None,
        device: str | None = None,
        max_batch: int = 32,
        batcher: Batcher | None = None,
    ) -> None:
        """Load the subject.

        Args:
            vectors: folder of the vectors (needed to steer or read).
            steer: steering expression, e.g. ``"desperate:0.05 - calm:0.05 @assistant"``.
            block: where to steer and read (default: the block that the vectors picked).
            readings: write the readings of every turn into the log.
            coherence: write perplexity (under the unsteered model), repetition and distinct n-grams of every turn into the log.
            levers: file of more directions to steer with, such as the nulls of ``emovec dose``.
            max_batch: requests that run together, and Inspect's number of connections.
            batcher: from Python only: a subject that is loaded already, with its vectors, shared with other providers. What says which
                ones (vectors, block, levers, device, max_batch) is then for the log.

        Raises:
            BadInput: for a spec without vectors, or one that cannot be read.
            ForeignSubject: if the vectors were made from another model.
        """
        super().__init__(model_name, base_url, api_key, [], config)
        if steer and not vectors:
            raise BadInput(
                "steering needs vectors: add -M vectors=FOLDER (make them with `emovec vectors make` or `emovec replicate`)"
            )
        self._owns = batcher is None
        self._batcher = batcher or Batcher.load(model_name, vectors, levers, block, device, int(max_batch))
        # Inspect asks what it knows of a model, and loads one anew that it knows nothing of.
        set_model_info(f"emovec/{model_name}", ModelInfo(context_length=max_positions(self._batcher.subject)))
        self.spec = Spec.parse(steer, self._batcher.levers.names) if steer and self._batcher.levers else Spec()
        self.readings = bool(readings) and self._batcher.vectors is not None
        self.coherence = bool(coherence)
        self._asked: dict[tuple[str, str], int] = {}
        self._warned: set[str] = set()

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        """One turn of the assistant."""
        self._warn(config)
        encoded = rendered(self._batcher.subject, input, tools if tool_choice != "none" else [])
        request = Request(
            encoded,
            max_new_tokens=config.max_tokens or self.max_tokens() or 512,
            temperature=1.0 if config.temperature is None else config.temperature,
            seed=self._seed(encoded, config.seed or 0),
            stop=tuple(config.stop_seqs or ()),
            spec=self.spec,
            measured=self.coherence,
        )
        bench, slots = self._batcher, self._limiter()
        future = bench.submit(request)
        written = await anyio.to_thread.run_sync(future.result, abandon_on_cancel=True, limiter=slots)
        reply = written.reply
        message = parse_reply(reply.text, tools, self.model_name)
        metadata: dict[str, Any] = {
            "steer": str(self.spec),
            "block": bench.block,
            "recipe": bench.vectors.name if bench.vectors else None,
            "seed": request.seed,
        }
        if self.readings:
            metadata["readings"] = await anyio.to_thread.run_sync(
                turn_readings, bench, encoded, reply, self.spec, limiter=slots
            )
        if written.coherence:
            metadata["coherence"] = {name: round(value, 4) for name, value in asdict(written.coherence).items()}
        return ModelOutput(
            model=self.model_name,
            choices=[ChatCompletionChoice(message=message, stop_reason=_why(message, reply.ended))],
            usage=ModelUsage(
                input_tokens=len(encoded), output_tokens=len(reply.ids), total_tokens=len(encoded) + len(reply.ids)
            ),
            metadata={"emovec": metadata},
        )

    def max_tokens(self) -> int | None:
        """Tokens of a reply where the task does not say."""
        return 512

    def max_connections(self) -> int:
        """As many requests as run together."""
        return self._batcher.most

    def collapse_user_messages(self) -> bool:
        """Most chat templates want roles to alternate."""
        return True

    def collapse_assistant_messages(self) -> bool:
        """Most chat templates want roles to alternate."""
        return True

    def close(self) -> None:
        """Stop the batching thread, if it is this provider's own."""
        if self._owns:
            self._batcher.close()

    def _seed(self, encoded: Encoded, seed: int) -> int:
        """The noise of a sample and epoch is its own, whatever runs beside it, under every dose, and also when the run is taken up again.

        Where one of them asks the same prompt again, the k-th time meets the k-th noise.
        """
        sample = sample_active()
        whose = [str(sample.sample.id), sample.epoch] if sample else []
        key = digest(list(encoded.ids), seed, whose)
        attempt = sample.id if sample else ""
        turn = self._asked[attempt, key] = self._asked.get((attempt, key), -1) + 1
        return int(digest(key, turn), 16) >> 1

    def _limiter(self) -> anyio.CapacityLimiter:
        # Made on first use: it belongs to the running event loop.
        if not hasattr(self, "_slots"):
            self._slots = anyio.CapacityLimiter(2 * self._batcher.most + 1)
        return self._slots

    def _warn(self, config: GenerateConfig) -> None:
        for name in _IGNORED:
            if getattr(config, name, None) not in (None, False, 1) and name not in self._warned:
                self._warned.add(name)
                _log.warning("emovec samples from the plain softmax: %s=%s is passed over", name, getattr(config, name))


def _why(message: ChatMessageAssistant, ended: bool) -> Any:
    if message.tool_calls:
        return "tool_calls"
    return "stop" if ended else "max_tokens"
