"""Which line of ours ran after which, and how often: what AFL calls edges, counts in buckets of 1, 2, 3, 4–7, …."""

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any, Final, Self, TypeAlias

_OURS: Final = str(Path(__file__).parent.parent.parent / "whistle") + "/"
_LINES: Final = 1 << 20

Edge: TypeAlias = tuple[int, int]
_Tracer: TypeAlias = Callable[[FrameType, str, Any], Any]


class Edges:
    """Counts edges in the code below ``folder`` while it is entered, in this thread only."""

    def __init__(self, folder: str = _OURS) -> None:
        self._folder = folder
        self._codes: dict[CodeType, int | None] = {}
        self._counts: Counter[Edge] = Counter()
        self._last = 0

    def __enter__(self) -> Self:
        self._counts.clear()
        self._last = 0
        sys.settrace(self._on_call)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        sys.settrace(None)

    @property
    def seen(self) -> frozenset[tuple[Edge, int]]:
        """Every edge with the bucket of its count."""
        return frozenset((edge, count.bit_length() if count > 3 else count) for edge, count in self._counts.items())  # noqa: PLR2004

    def _on_call(self, frame: FrameType, _event: str, _argument: object) -> _Tracer | None:
        code = frame.f_code
        if code not in self._codes:
            ours = code.co_filename.startswith(self._folder)
            self._codes[code] = len(self._codes) * _LINES if ours else None
        begin = self._codes[code]
        if begin is None:
            return None

        def on_line(frame: FrameType, event: str, _argument: object) -> _Tracer:
            if event == "line":
                here = begin + frame.f_lineno
                self._counts[self._last, here] += 1
                self._last = here
            return on_line

        return on_line
