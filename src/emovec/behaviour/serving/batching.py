"""Requests that come in together run together: one thread owns the model and decodes what has gathered."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from emovec.errors import BadInput
from emovec.steering import Coherence, Levers, Spec, coherence, levers_of, plan
from emovec.subject import Encoded, Subject
from emovec.subject.decode import Reply, decode
from emovec.subject.load import load_subject
from emovec.vectors import EmotionVectors

__all__ = ["Batcher", "Request", "Written"]

#: How long requests wait for company once nothing else comes in.
_GATHER_SECONDS = 0.05
_T = TypeVar("_T")


@dataclass(frozen=True)
class Request:
    """One reply to be written."""

    prompt: Encoded
    max_new_tokens: int
    temperature: float
    seed: int
    stop: tuple[str, ...] = ()
    spec: Spec = field(default_factory=Spec)
    measured: bool = False

    @property
    def settings(self) -> tuple[Any, ...]:
        """Requests with the same settings can share a batch."""
        return (self.max_new_tokens, self.temperature, self.stop, self.measured)


@dataclass(frozen=True)
class Written:
    """A reply, and where the request was to be ``measured`` its coherence under the unsteered model."""

    reply: Reply
    coherence: Coherence | None = None


class Batcher:
    """The thread that all passes of one subject go through, however it is steered: rows of one batch may have different specs.

    Attributes:
        vectors: what is read; None: nothing is.
        levers: what can be pushed: the vectors' emotions, and others (nulls).
        block: where to steer and read.
    """

    def __init__(
        self,
        subject: Subject,
        vectors: EmotionVectors | None = None,
        more: Levers | None = None,
        block: int | None = None,
        most: int = 32,
    ) -> None:
        """Start the thread.

        Args:
            more: directions to steer with beside the vectors' emotions.
            block: default: the one that the vectors picked.
            most: requests that run together.

        Raises:
            BadInput: if the vectors have no such block, or ``more`` stands at others.
            ForeignSubject: if the vectors were made from another model.
        """
        if vectors is not None:
            vectors.check(subject)
            block = vectors.block if block is None else block
            vectors.slot(block)
        if more is not None and vectors is None:
            raise BadInput("levers need the vectors that they stand beside; give those too")
        own = levers_of(vectors) if vectors is not None else None
        self.subject, self.vectors, self.block, self.most = subject, vectors, block, most
        self.levers = own | more if own is not None and more is not None else own
        self._queue: queue.Queue[tuple[Request | Callable[[], Any], Future[Any]] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._work, name="emovec batcher", daemon=True)
        self._thread.start()

    @classmethod
    def load(
        cls, model: str, vectors: str | None, levers: str | None, block: int | None, device: str | None, most: int
    ) -> Batcher:
        """From what Inspect is given: a model's name (``default``: the embedded one) and where vectors and levers lie."""
        subject = load_subject(None if model == "default" else model, device=device)
        made = EmotionVectors.load(vectors, subject) if vectors else None
        return cls(subject, made, Levers.load(levers) if levers else None, block, most)

    def submit(self, request: Request) -> Future[Written]:
        """Ask for a reply."""
        future: Future[Written] = Future()
        self._queue.put((request, future))
        return future

    def call(self, work: Callable[[], _T]) -> _T:
        """Run other work on the model's thread and wait for it."""
        future: Future[_T] = Future()
        self._queue.put((work, future))
        return future.result()

    def close(self) -> None:
        """End the thread once what is queued has run."""
        self._queue.put(None)

    def _work(self) -> None:
        waiting: list[tuple[Request, Future[Any]]] = []
        while True:
            try:
                item = self._queue.get(timeout=_GATHER_SECONDS if waiting else None)
            except queue.Empty:
                waiting = self._serve(waiting)
                continue
            if item is None:
                self._serve(waiting)
                return
            work, future = item
            if isinstance(work, Request):
                waiting.append((work, future))
                if len(waiting) >= self.most:
                    waiting = self._serve(waiting)
                continue
            # Other work goes first: whoever waits for it will have a request after it, which then joins the batch.
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)

    def _serve(self, waiting: list[tuple[Request, Future[Any]]]) -> list[tuple[Request, Future[Any]]]:
        """Write all replies; nobody waits after that."""
        lots: dict[tuple[Any, ...], list[tuple[Request, Future[Any]]]] = {}
        for request, future in waiting:
            lots.setdefault(request.settings, []).append((request, future))
        for lot in lots.values():
            try:
                for (_, future), reply in zip(lot, self._replies([r for r, _ in lot]), strict=True):
                    future.set_result(reply)
            except BaseException as error:
                for _, future in lot:
                    if not future.done():
                        future.set_exception(error)
        return []

    def _replies(self, requests: list[Request]) -> list[Written]:
        prompts = [r.prompt for r in requests]
        made = plan(self.subject, self.levers, [r.spec for r in requests], prompts, self.block) if self.levers else None
        replies = decode(
            self.subject,
            prompts,
            max_new_tokens=requests[0].max_new_tokens,
            temperature=requests[0].temperature,
            seeds=[r.seed for r in requests],
            stop=requests[0].stop,
            around=made.over if made else None,
            free=made.free if made else None,
        )
        if not requests[0].measured:
            return [Written(reply) for reply in replies]
        # In one go: unsteered, a prompt that several rows share is read once for all of them.
        return [Written(*both) for both in zip(replies, coherence(self.subject, prompts, replies), strict=True)]
