"""Having a model write a corpus: resumable, parallel, strict about what it keeps. ``emovec corpus write``.

The engine knows no provider: it is given ``generate(prompt, seed)``, which any model can stand behind
(:func:`emovec.corpora.inspect_writer.inspect_writer` for every model that Inspect reaches). In the output folder it
keeps::

    journal.jsonl   every finished task with its full prompt; a job that is started again goes on from here
    stories.jsonl, pieces.jsonl, neutral.jsonl, speakers.jsonl, hidden.jsonl, scenarios/implicit.jsonl, topics.jsonl
                    written whole when the last task is done, in the order of the tasks; each line says its writer, the
                    hash of its prompt, its seed and the attempt that was kept
    written.json    counts per set: asked, kept, rewritten, dropped for a leak, for length, for form
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emovec.corpora.journal import Entry, Journal
from emovec.corpora.judge import judge
from emovec.corpora.plan import FILES, Task, load_topics
from emovec.corpora.prompts import rewrite_prompt
from emovec.errors import BadInput, EmovecError
from emovec.progress import Progress
from emovec.store import atomic_write, digest, write_json

__all__ = ["Generate", "Written", "write", "write_corpus"]

#: From a prompt and a seed to an answer. Rate limits, retries and time-outs are its own business.
Generate = Callable[[str, int], Awaitable[str]]


@dataclass(frozen=True)
class Written:
    """What became of a plan.

    Attributes:
        folder: where the corpus is.
        sets: set -> counts of ``asked, kept, rewritten, dropped_leak, dropped_length, dropped_parse`` (``rewritten``:
        kept, but
            not at the first attempt).
    """

    folder: Path
    writer: str
    seed: int
    sets: Mapping[str, Mapping[str, int]]

    def to_json(self) -> dict[str, Any]:
        """What ``written.json`` holds."""
        return {"writer": self.writer, "seed": self.seed, "sets": {name: dict(c) for name, c in self.sets.items()}}


def _seed(seed: int, task: str, attempt: int) -> int:
    return int(digest(seed, task, attempt), 16) % 2**31


async def _write_one(task: Task, key: str, generate: Generate, writer: str, seed: int, rewrites: int) -> Entry:
    prompt, why, fault = task.prompt, "", ""
    for attempt in range(rewrites + 1):
        draw = _seed(seed, task.id, attempt)
        raw = await generate(prompt, draw)
        judged = judge(task, raw)
        if judged.fields is not None:
            provenance = {"writer": writer, "prompt": digest(prompt), "seed": draw, "attempt": attempt}
            row = {"id": task.id, **task.fields, **judged.fields, **provenance}
            return Entry(task.id, key, "kept", attempt + 1, "", prompt, row)
        fault, why, asked = judged.fault, judged.why, prompt
        prompt = rewrite_prompt(task.prompt, raw, why)
    return Entry(task.id, key, fault, rewrites + 1, why, asked, None)


def _finish(folder: Path, tasks: Sequence[Task], entries: Sequence[Entry], writer: str, seed: int) -> Written:
    """Write the final files from the journal, in the order of the tasks."""
    rows: dict[str, list[Mapping[str, Any]]] = {name: [] for name in FILES if any(t.set == name for t in tasks)}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for task, entry in zip(tasks, entries, strict=True):
        count = counts[task.set]
        count["asked"] += 1
        if entry.row is not None:
            count["kept"] += 1
            count["rewritten"] += entry.attempts > 1
            rows[task.set].append(entry.row)
        else:
            count[f"dropped_{entry.outcome}"] += 1
    for name, lines in rows.items():
        with atomic_write(folder / FILES[name], "w") as file:
            file.writelines(json.dumps(dict(line), ensure_ascii=False) + "\n" for line in lines)
    keys = ("asked", "kept", "rewritten", "dropped_leak", "dropped_length", "dropped_parse")
    written = Written(folder, writer, seed, {name: {key: counts[name][key] for key in keys} for name in rows})
    write_json(folder / "written.json", written.to_json())
    return written


async def write_corpus(
    folder: str | Path,
    tasks: Sequence[Task],
    generate: Generate,
    *,
    writer: str,
    seed: int = 0,
    rewrites: int = 2,
    concurrency: int = 8,
    topics: Sequence[tuple[str, str]] | None = None,
    progress: Progress | None = None,
) -> Written:
    """Have every task written, then write the corpus files.

    Killed at any point and started again with the same arguments, it asks only for what the journal lacks and ends
    with the same files (as far as ``generate`` gives the same answer to the same prompt and seed). A larger plan in
    the same folder pays only for what is new in it.

    Args:
        tasks: from :func:`emovec.corpora.plan.plan_tasks`.
        generate: the writer.
        writer: its name, which every line carries.
        rewrites: how often an answer that names its emotion, or has the wrong form or length, is asked for again.
        concurrency: answers waited for at a time.
        topics: (id, topic) pairs for ``topics.jsonl`` (default: the shipped ones).

    Raises:
        BadInput: for no tasks, two tasks with one id, or a number below its least value.
        BadCorpus: if the folder's journal is damaged.
        EmovecError: if the writer fails; all that was finished is in the journal.
    """
    if not tasks:
        raise BadInput("there is nothing to write: the plan has no tasks")
    if twice := [name for name, n in Counter(t.id for t in tasks).items() if n > 1]:
        raise BadInput(f"two tasks have the id {twice[0]!r}; ids must differ over all sets")
    if rewrites < 0 or concurrency < 1:
        raise BadInput(f"rewrites ({rewrites}) must be 0 or more and concurrency ({concurrency}) 1 or more")
    folder = Path(folder).expanduser()
    journal = Journal(folder / "journal.jsonl")
    keys = {t.id: digest(t.prompt, dict(t.fields), writer, seed, rewrites) for t in tasks}
    todo = [t for t in tasks if journal.done(t.id, keys[t.id]) is None]
    waiting = iter(todo)
    failed: list[tuple[str, Exception]] = []

    with (progress or Progress()).stage("writing texts", len(tasks), "texts") as advance:
        advance(len(tasks) - len(todo))

        async def work() -> None:
            for task in waiting:
                try:
                    journal.add(await _write_one(task, keys[task.id], generate, writer, seed, rewrites))
                except Exception as error:
                    failed.append((task.id, error))
                if failed:
                    return
                advance(1)

        await asyncio.gather(*(work() for _ in range(min(concurrency, len(todo)))))
    if failed:
        task_id, error = failed[0]
        done = sum(journal.done(t.id, keys[t.id]) is not None for t in tasks)
        raise EmovecError(
            f"the writer {writer!r} failed at {task_id} ({type(error).__name__}: {error}); {done} of {len(tasks)} "
            f"texts are in {journal.path}; run the same again to go on from there"
        ) from error
    with atomic_write(folder / "topics.jsonl", "w") as file:
        pairs = load_topics() if topics is None else topics
        file.writelines(json.dumps({"id": i, "topic": t}, ensure_ascii=False) + "\n" for i, t in pairs)
    return _finish(folder, tasks, [journal.entries[t.id] for t in tasks], writer, seed)


def write(
    folder: str | Path,
    tasks: Sequence[Task],
    generate: Generate,
    *,
    writer: str,
    seed: int = 0,
    rewrites: int = 2,
    concurrency: int = 8,
    topics: Sequence[tuple[str, str]] | None = None,
    progress: Progress | None = None,
) -> Written:
    """:func:`write_corpus`, for callers without an event loop.

    Raises:
        BadInput: inside a running event loop (a notebook): there, await :func:`write_corpus` instead.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        job: Coroutine[Any, Any, Written] = write_corpus(
            folder, tasks, generate, writer=writer, seed=seed, rewrites=rewrites, concurrency=concurrency,
            topics=topics, progress=progress,
        )  # fmt: skip
        return asyncio.run(job)
    raise BadInput("an event loop is running here; use `await write_corpus(...)`")
