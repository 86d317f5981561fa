"""Progress of long work: silent by default, a live display with rates and remaining time on the command line."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

__all__ = ["LiveProgress", "Progress"]

#: Called with how many units (tokens, studies) were finished since the last call.
Advance = Callable[[float], None]


class Progress:
    """Says nothing. Subclasses show stages; work calls ``with progress.stage(...) as advance``."""

    def __init__(self) -> None:
        self.timings: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str, total: float, unit: str = "") -> Iterator[Advance]:
        """One stage of ``total`` units; its wall time is kept in ``timings``."""
        start = time.monotonic()
        try:
            yield self._begin(name, total, unit)
        finally:
            self.timings[name] = self.timings.get(name, 0.0) + time.monotonic() - start
            self._end(name)

    def _begin(self, name: str, total: float, unit: str) -> Advance:
        return lambda done: None

    def _end(self, name: str) -> None:
        pass


class LiveProgress(Progress):
    """Bars with rate and remaining time on a terminal; plain lines every 15 s elsewhere (logs, CI)."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        super().__init__()
        console = Console(stderr=True)
        self._live = console.is_terminal
        self._bars = Bars(
            TextColumn("{task.description:<34}"),
            BarColumn(bar_width=28),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[rate]:>16}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not self._live,
        )

    def __enter__(self) -> LiveProgress:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def _begin(self, name: str, total: float, unit: str) -> Advance:
        start = time.monotonic()
        state = {"done": 0.0, "said": start}
        task = self._bars.add_task(name, total=total, rate="")

        def advance(done: float) -> None:
            state["done"] += done
            now = time.monotonic()
            rate = state["done"] / max(now - start, 1e-9)
            self._bars.update(task, advance=done, rate=f"{rate:,.0f} {unit}/s" if unit else "")
            if not self._live and now - state["said"] >= 15:
                state["said"] = now
                left = (total - state["done"]) / rate if rate else float("nan")
                print(f"{name}: {state['done'] / total:.0%}, {rate:,.0f} {unit}/s, {left:.0f} s left", file=sys.stderr)

        return advance

    def _end(self, name: str) -> None:
        if not self._live:
            print(f"{name}: done in {self.timings[name]:.0f} s", file=sys.stderr)
