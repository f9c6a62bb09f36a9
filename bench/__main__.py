"""Run every benchmark in this folder, one after the other, so that none disturbs another. ``make bench``."""

from importlib import import_module
from pathlib import Path

for path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
    measure = getattr(import_module(f"bench.{path.stem}"), "main", None)  # a file without it serves the others
    if measure:
        print(f"\n== {path.stem}", flush=True)
        measure()
