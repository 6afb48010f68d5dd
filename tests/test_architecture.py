"""The shape promised in CONTRIBUTING.md, checked from the imports themselves."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import nbagents

ROOT = Path(nbagents.__file__).parent

# Foundation modules build on each other, in this order.
FOUNDATION = (
    "errors",
    "_given",
    "_optional",
    "_location",
    "_loops",
    "_displays",
    "_secrets",
    "_media",
    "_now",
    "_first_token",
    "_loop_thread",
    "_short",
    "_static_table",
    "_sqlite",
)

# A part may import from parts in layers before its own, and within its own folder.
LAYERS = (
    FOUNDATION,
    ("sessions", "tracing", "audio", "replay"),
    ("voice", "realtime", "run"),
    ("widgets",),
    ("notebook", "cli"),
)
# Third-party packages a layer may import when it is loaded, beside the standard library.
ALLOWED = (
    {"aiosqlite"},
    {"aiosqlite", "agents", "filelock", "openai", "httpx2", "pandas", "pydantic", "numpy", "plotly", "websockets"},
    {"aiosqlite", "agents", "openai", "httpx2", "pandas", "numpy", "plotly", "websockets"},
    {"anywidget", "ipywidgets", "traitlets", "plotly", "pandas"},
    {"anywidget", "ipywidgets", "traitlets", "IPython", "agents"},
)


def modules():
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        if "notebooks" not in parts:
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(path, *, functions):
    """Names a module imports: those of its top level, or with `functions` those inside functions too."""
    tree = ast.parse(path.read_text())
    stack = list(tree.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not functions:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name}: relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        stack += [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt | ast.ExceptHandler)]


def part(module):
    return module.split(".")[1] if "." in module else ""


def layer(module):
    return next(number for number, parts in enumerate(LAYERS) if part(module) in parts)


def test_every_part_has_a_layer():
    """A new folder is placed in the design before it is written."""
    known = {name for parts in LAYERS for name in parts}
    assert {part(name) for name, _ in modules()} - {""} <= known


def test_imports_point_one_way():
    """A layer imports only from layers before it, and folders of one layer do not import each other."""
    wrong = []
    for name, path in modules():
        if not part(name):
            continue
        for target in imports(path, functions=True):
            if not target.startswith("nbagents.") or part(target) not in {p for ps in LAYERS for p in ps}:
                continue
            here, there = part(name), part(target)
            if here == there:
                continue
            if here in FOUNDATION and there in FOUNDATION:
                ok = FOUNDATION.index(there) < FOUNDATION.index(here)
            else:
                ok = layer(target) < layer(name)
            if not ok:
                wrong.append(f"{name} imports {target}")
    assert wrong == []


def test_the_foundation_is_in_the_table():
    """Whoever reads CONTRIBUTING.md learns of each module that all others stand on."""
    told = (ROOT.parent / "CONTRIBUTING.md").read_text().split("| foundation |")[1].split("\n")[0]
    assert [name for name in FOUNDATION if f"`{name}.py`" not in told and f"`{name}/`" not in told] == []


def assert_one_way(graph):
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as exc:
        raise AssertionError(" -> ".join(exc.args[1])) from None


def test_no_import_cycles():
    """No two modules import each other, however long the way round."""
    known = {name for name, _ in modules()}
    graph = {
        name: {target for target in imports(path, functions=False) if target in known and target != name}
        for name, path in modules()
    }
    for name, path in modules():
        if path.name == "__init__.py":  # a package re-exports its modules; they do not import it back by name
            graph[name] = {target for target in graph[name] if not target.startswith(f"{name}.")}
    assert_one_way(graph)


def test_parts_of_a_folder_point_one_way():
    """A folder's parts, which are its files and the folders in it, stand on each other in one order."""
    known = {name for name, _ in modules()}
    for folder in {part(name) for name in known if name.count(".") > 1}:
        graph = {}
        for name, path in modules():
            if part(name) == folder and name.count(".") > 1:
                here = name.split(".")[2]
                there = {
                    target.split(".")[2]
                    for target in imports(path, functions=True)
                    if part(target) == folder and target in known and target.count(".") > 1
                }
                graph.setdefault(here, set()).update(there - {here})
        assert_one_way(graph)


def test_third_party_packages_stay_in_their_layer():
    """What a layer loads at import time, beside the standard library, is in the design's table."""
    import sys

    wrong = []
    for name, path in modules():
        if not part(name):
            continue
        for target in imports(path, functions=False):
            top = target.split(".")[0]
            if top in sys.stdlib_module_names or top == "nbagents":
                continue
            if top not in ALLOWED[layer(name)]:
                wrong.append(f"{name} imports {top}")
    assert wrong == []


def test_errors_import_nothing_of_ours():
    """errors.py can be imported from anywhere without a loop."""
    assert not [t for t in imports(ROOT / "errors.py", functions=True) if t.startswith("nbagents")]
