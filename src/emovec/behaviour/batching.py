"""Requests that come in together run together: one thread owns the model and decodes what has gathered."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from emovec.steering import Spec, plan
from emovec.subject import Encoded, Subject
from emovec.subject.decode import Reply, decode
from emovec.vectors import EmotionVectors

__all__ = ["Batcher", "Request"]

#: How long the first request of a batch waits for company.
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

    @property
    def settings(self) -> tuple[Any, ...]:
        """Requests with the same settings can share a batch."""
        return (self.max_new_tokens, self.temperature, self.stop)


class Batcher:
    """The thread that all passes of one subject go through."""

    def __init__(
        self, subject: Subject, vectors: EmotionVectors | None, spec: Spec, block: int | None, most: int
    ) -> None:
        self.subject, self.vectors, self.spec, self.block = subject, vectors, spec, block
        self._most = most
        self._queue: queue.Queue[tuple[Request | Callable[[], Any], Future[Any]] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._work, name="emovec batcher", daemon=True)
        self._thread.start()

    def submit(self, request: Request) -> Future[Reply]:
        """Ask for a reply."""
        future: Future[Reply] = Future()
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
        while (item := self._queue.get()) is not None:
            gathered = [item]
            try:
                while len(gathered) < self._most and isinstance(item[0], Request):
                    after = self._queue.get(timeout=_GATHER_SECONDS)
                    if after is None:
                        self._queue.put(None)
                        break
                    gathered.append(after)
            except queue.Empty:
                pass
            self._serve(gathered)

    def _serve(self, gathered: list[tuple[Request | Callable[[], Any], Future[Any]]]) -> None:
        lots: dict[tuple[Any, ...], list[tuple[Request, Future[Any]]]] = {}
        for work, future in gathered:
            if isinstance(work, Request):
                lots.setdefault(work.settings, []).append((work, future))
                continue
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)
        for lot in lots.values():
            try:
                for (_, future), reply in zip(lot, self._replies([r for r, _ in lot]), strict=True):
                    future.set_result(reply)
            except BaseException as error:
                for _, future in lot:
                    if not future.done():
                        future.set_exception(error)

    def _replies(self, requests: list[Request]) -> list[Reply]:
        prompts = [r.prompt for r in requests]
        made = (
            plan(self.subject, self.vectors, [self.spec] * len(prompts), prompts, self.block) if self.vectors else None
        )
        return decode(
            self.subject,
            prompts,
            max_new_tokens=requests[0].max_new_tokens,
            temperature=requests[0].temperature,
            seeds=[r.seed for r in requests],
            stop=requests[0].stop,
            around=made.over if made else None,
            free=made.free if made else None,
        )
