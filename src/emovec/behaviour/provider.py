"""The Inspect model provider: any Inspect task under steering, with the readings of every turn in its log.

    inspect eval TASK --model emovec/MODEL -M vectors=runs/MODEL/vectors/whitened -M steer="desperate:0.05"

Requests that come in together run as rows of common batches, each under the steering spec and on a noise of its own.
"""

from __future__ import annotations

from logging import getLogger
from typing import Any

import anyio
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from emovec.behaviour.batching import Batcher, Request
from emovec.behaviour.chatting import parse_reply, rendered
from emovec.behaviour.turns import turn_readings
from emovec.errors import BadInput
from emovec.steering import Spec
from emovec.store import digest
from emovec.subject.load import load_subject
from emovec.vectors import EmotionVectors

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
        device: str | None = None,
        max_batch: int = 32,
    ) -> None:
        """Load the subject.

        Args:
            vectors: folder of the vectors (needed to steer or read).
            steer: steering expression, e.g. ``"desperate:0.05 - calm:0.05 @assistant"``.
            block: where to steer and read (default: the block that the vectors picked).
            readings: write the readings of every turn into the log.
            max_batch: requests that run together, and Inspect's number of connections.

        Raises:
            BadInput: for a spec without vectors, or one that cannot be read.
            ForeignSubject: if the vectors were made from another model.
        """
        super().__init__(model_name, base_url, api_key, [], config)
        if steer and not vectors:
            raise BadInput(
                "steering needs vectors: add -M vectors=FOLDER (make them with `emovec vectors make` or `emovec replicate`)"
            )
        self.subject = load_subject(None if model_name == "default" else model_name, device=device)
        self.vectors = EmotionVectors.load(vectors, self.subject) if vectors else None
        self.spec = Spec.parse(steer, self.vectors.emotions) if steer and self.vectors else Spec()
        self.block = block if block is not None or self.vectors is None else self.vectors.block
        if self.vectors is not None:
            self.vectors.slot(self.block)
        self.readings = bool(readings) and self.vectors is not None
        self._most = int(max_batch)
        self._batcher = Batcher(self.subject, self.vectors, self.spec, self.block, self._most)
        self._asked: dict[str, int] = {}
        self._warned: set[str] = set()

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        """One turn of the assistant."""
        self._warn(config)
        encoded = rendered(self.subject, input, tools if tool_choice != "none" else [])
        # The k-th time that the same prompt is asked (epochs, retries) it meets the k-th noise, whatever else runs beside it.
        key = digest(list(encoded.ids), config.seed or 0)
        turn = self._asked[key] = self._asked.get(key, -1) + 1
        request = Request(
            encoded,
            max_new_tokens=config.max_tokens or self.max_tokens() or 512,
            temperature=1.0 if config.temperature is None else config.temperature,
            seed=int(digest(key, turn), 16) >> 1,
            stop=tuple(config.stop_seqs or ()),
        )
        future = self._batcher.submit(request)
        reply = await anyio.to_thread.run_sync(future.result, abandon_on_cancel=True, limiter=self._limiter())
        message = parse_reply(reply.text, tools, self.model_name)
        metadata: dict[str, Any] = {
            "steer": str(self.spec),
            "block": self.block,
            "recipe": self.vectors.name if self.vectors else None,
            "seed": request.seed,
        }
        if self.readings and self.vectors is not None:
            metadata["readings"] = await anyio.to_thread.run_sync(
                turn_readings, self._batcher, self.vectors, encoded, reply, self.block, limiter=self._limiter()
            )
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
        return self._most

    def collapse_user_messages(self) -> bool:
        """Most chat templates want roles to alternate."""
        return True

    def collapse_assistant_messages(self) -> bool:
        """Most chat templates want roles to alternate."""
        return True

    def close(self) -> None:
        """Stop the batching thread."""
        self._batcher.close()

    def _limiter(self) -> anyio.CapacityLimiter:
        # Made on first use: it belongs to the running event loop.
        if not hasattr(self, "_slots"):
            self._slots = anyio.CapacityLimiter(2 * self._most + 1)
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
