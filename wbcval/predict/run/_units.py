"""Units of work over the threads of this process, or another executor; shards as they come."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass

import pyarrow as pa

from wbcval.machine.progress import Extent, Progress
from wbcval.predict.run._shards import Part

Rows = Callable[[int, int], pa.Table]  # of the items from the first to before the second
_SECONDS, _SHARE = 1.0, 0.01  # between shards, and of the time run: what a killed run loses
_SHARD_ROWS = 50_000  # of one shard, at most about


@dataclass(frozen=True)
class Units:
    """How the items are cut: always the same, whoever works on them.

    Attributes:
        size: items of one.
        called: what the items are, for the progress.
    """

    size: int
    called: str

    def classify(
        self,
        rows: Rows,
        part: Part,
        total: int,
        progress: Progress,
        *,
        threads: int | None,
        ahead: int,
        executor: Executor | None,
    ) -> None:
        """Make the rows of all items that are not done yet, and add them in order.

        Args:
            rows: makes those of a unit; it can be sent where the executor needs it.
            part: gets them.
            total: items there are.
            progress: told how far it is.
            threads: of this process; ``None``: one for each core it may use.
            ahead: items under way at once, about; at least a unit for each thread and one more.
            executor: in place of the threads.
        """
        threads = threads or _cores()
        ahead = max(threads + 1, ahead // self.size)
        begun = written = time.monotonic()
        first, held, count = part.done, list[pa.Table](), 0
        own = ThreadPoolExecutor(threads) if executor is None else nullcontext(executor)
        with own as pool:
            for stop, table in self._in_order(pool, rows, first, total, ahead):
                held.append(table)
                count += table.num_rows
                now = time.monotonic()
                due = now - written > max(_SECONDS, _SHARE * (now - begun))
                if due or stop == total or count > _SHARD_ROWS:
                    part.add(pa.concat_tables(held), stop)
                    held, count, written = [], 0, now
                progress(
                    f"classifying {self.called}", Extent(stop - first, total - first, self.called)
                )

    def _in_order(
        self, pool: Executor, rows: Rows, first: int, total: int, ahead: int
    ) -> Iterator[tuple[int, pa.Table]]:
        """Rows of each unit, in order; never more than ``ahead`` units under way."""
        starts = iter(range(first, total, self.size))
        queue: deque[tuple[int, Future[pa.Table]]] = deque()

        def submit() -> bool:
            """Whether there was one left to begin."""
            start = next(starts, None)
            if start is None:
                return False
            stop = min(start + self.size, total)
            queue.append((stop, pool.submit(rows, start, stop)))
            return True

        try:
            while len(queue) < ahead and submit():
                pass
            while queue:
                stop, future = queue.popleft()
                table = future.result()
                submit()
                yield stop, table
        finally:
            for _, future in queue:
                future.cancel()


def _cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
