"""`make bench`: every benchmark, both sides measured in one run. A ratio below 1 means ours is cheaper."""

from __future__ import annotations

import importlib
import sys

NAMES = (
    "imports",
    "sessions",
    "session_files",
    "grid",
    "tracing",
    "trace_view",
    "saved",
    "replay",
    "voice",
    "realtime",
    "runs",
)


def main(names):
    """Run the benchmarks that are named, one after the other."""
    if unknown := [name for name in names if name not in NAMES]:
        sys.exit(f"no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}. Pages are part of theirs.")
    for name in names:
        print(f"\n{name}\n{'-' * len(name)}", flush=True)
        importlib.import_module(name).main()


if __name__ == "__main__":
    main(sys.argv[1:] or NAMES)
