"""What importing and enabling cost, in fresh interpreters taken in turn."""

from __future__ import annotations

import statistics
import subprocess
import sys

RUNS = 7

IMPORT = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"
LOAD = """
import time, tempfile, os
os.chdir(tempfile.mkdtemp())
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
t = time.perf_counter()
{}
print(time.perf_counter() - t)
"""
SIDES = {
    "import nbagents": IMPORT.format("nbagents"),
    "import agents": IMPORT.format("agents"),
    "import agents, in IPython": LOAD.format("import agents"),
    "import agents; %load_ext nbagents": LOAD.format(
        "import agents\nshell.run_line_magic('load_ext', 'nbagents')\n"
    ),
}


def seconds(code):
    result = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(result.stdout.split()[-1])


def main():
    taken = {name: [] for name in SIDES}
    for _ in range(RUNS):
        for name, code in SIDES.items():
            taken[name].append(seconds(code))
    medians = {name: statistics.median(values) for name, values in taken.items()}
    for name, value in medians.items():
        print(f"{name:36s} {value * 1000:8.1f} ms")
    ratio = medians["import nbagents"] / medians["import agents"]
    added = medians["import agents; %load_ext nbagents"] - medians["import agents, in IPython"]
    print(f"{'import nbagents / import agents':36s} {ratio:8.4f}")
    print(f"{'%load_ext nbagents adds':36s} {added:8.3f} s   (goal: under 0.3)")


if __name__ == "__main__":
    main()
