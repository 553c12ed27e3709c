import ast
import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PLACES = {"ganloss_cli": "ganloss_cli", "evaluators": "ganloss_cli.evaluators", "io": "ganloss_cli.io"}

RECORDS = ("ganloss_cli.records", "ganloss_cli.errors")
# A module may import what starts with one of these names of ours; the longest key that fits it decides.
ALLOWED = {
    "ganloss_cli.records": ("ganloss_cli.records",),
    "ganloss_cli.errors": (),
    "ganloss_cli.gates": RECORDS,
    "ganloss_cli.progress": RECORDS,
    "ganloss_cli.reporters": ("ganloss_cli.records", "ganloss_cli.reporters"),
    "ganloss_cli.evaluators": ("ganloss_cli.records", "ganloss_cli.errors", "ganloss_cli.evaluators"),
    "ganloss_cli.io": (*RECORDS, "ganloss_cli.io"),
    "ganloss_cli.pipeline": (
        *RECORDS, "ganloss_cli.gates", "ganloss_cli.progress",
        "ganloss_cli.evaluators", "ganloss_cli.io", "ganloss_cli.pipeline",
    ),
    "ganloss_cli": ("ganloss_cli",),
}  # fmt: skip


def module_name(file: Path) -> str:
    folder, *rest = file.relative_to(ROOT).with_suffix("").parts
    return ".".join((PLACES[folder], *rest)).removesuffix(".__init__")


MODULES = {module_name(file): file for place in PLACES for file in sorted((ROOT / place).rglob("*.py"))}


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


@functools.cache
def nodes_of(file: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))


def imports(node: ast.AST) -> Iterator[str]:
    """The modules that an import statement names; `from a import b` gives a.b where that is a module of ours."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        for alias in node.names:
            inner = f"{node.module}.{alias.name}"
            yield inner if inner in MODULES else str(node.module)


@functools.cache
def imported_by(file: Path) -> frozenset[str]:
    return frozenset(name for node in nodes_of(file) for name in imports(node))


def all_imports(module: str) -> frozenset[str]:
    return imported_by(MODULES[module])


def python_files() -> list[Path]:
    files = [
        file for folder in (*PLACES, "tests", "benchmarks", "sample_data") for file in (ROOT / folder).rglob("*.py")
    ]
    return sorted(files)


def test_the_modules_were_found() -> None:
    assert {"ganloss_cli.records.report", "ganloss_cli.evaluators.catalogue", "ganloss_cli.io.networks"} <= set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_only_downwards(module: str) -> None:
    layer = max((key for key in ALLOWED if within(module, key)), key=len)

    ours = {name for name in all_imports(module) if within(name, "ganloss_cli")}

    assert {name for name in ours if not within(name, *ALLOWED[layer])} == set()


@pytest.mark.parametrize("module", MODULES)
def test_io_and_evaluators_meet_only_in_the_pipeline(module: str) -> None:
    both = {"ganloss_cli.io", "ganloss_cli.evaluators"}

    met = {package for package in both for name in all_imports(module) if within(name, package)}

    assert met != both or within(module, "ganloss_cli.pipeline")


# Rooms of a package, the lowest first: a room imports from those on lower floors alone.
FLOORS = {
    "ganloss_cli.pipeline": (
        {"baseline", "networks"}, {"data"}, {"run"}, {"evaluate", "loss"},
        {"checkpoint", "compare", "number", "rank"}, {"log"},
    ),
    "ganloss_cli.io.checkpoints": (
        {"pickle"}, {"formats"}, {"contents"}, {"unread"}, {"opening", "outputs"}, {"inspect", "converting"},
        {"across"}, {"inspect_all"},
    ),
}  # fmt: skip


def floor_of(package: str, module: str) -> int:
    (found,) = (floor for floor, rooms in enumerate(FLOORS[package]) if room_of(package, module) in rooms)
    return found


@pytest.mark.parametrize("package", FLOORS)
def test_a_room_imports_from_the_floors_below_it(package: str) -> None:
    inside = [name for name in MODULES if within(name, package) and name != package]

    upwards = {
        (module, used)
        for module in inside
        for used in all_imports(module)
        if used in inside
        and room_of(package, used) != room_of(package, module)
        and floor_of(package, used) >= floor_of(package, module)
    }

    assert {room_of(package, module) for module in inside} == set().union(*FLOORS[package])
    assert upwards == set()


def room_of(package: str, module: str) -> str:
    return module.removeprefix(package + ".").partition(".")[0]


@pytest.mark.parametrize("module", [name for name in MODULES if within(name, *RECORDS)])
def test_records_errors_and_requests_need_the_standard_library_only(module: str) -> None:
    assert {name.partition(".")[0] for name in all_imports(module)} <= {*sys.stdlib_module_names, "ganloss_cli"}


@pytest.mark.parametrize("module", [name for name in MODULES if within(name, "ganloss_cli.reporters")])
def test_reporters_need_nothing_but_records_rich_and_of_a_page_its_templates(module: str) -> None:
    roots = {name.partition(".")[0] for name in all_imports(module)}

    templates = {"jinja2", "markupsafe"} if module == "ganloss_cli.reporters.formats.html" else set()

    assert roots - sys.stdlib_module_names <= {"ganloss_cli", "rich"} | templates


REPORTERS = "ganloss_cli.reporters"
# one folder a command, and the one of the formats
ROOMS = {name.removesuffix(".document") for name in MODULES if within(name, REPORTERS) and name.endswith(".document")}
COMMANDS = ROOMS - {REPORTERS}


@pytest.mark.parametrize("module", [name for name in MODULES if within(name, REPORTERS)])
def test_the_reporters_of_a_command_are_known_to_no_other(module: str) -> None:
    own = {command for command in COMMANDS if within(module, command)}

    assert {name for name in all_imports(module) if within(name, *(COMMANDS - own))} == set()


def test_rich_is_imported_by_what_draws_alone() -> None:
    drawing = {name for name in MODULES if within(name, REPORTERS) and "rich" in {
        imported.partition(".")[0] for node in at_module_level(name) for imported in imports(node)
    }}  # fmt: skip

    assert {f"{REPORTERS}.screen", f"{REPORTERS}.eval.table"} <= drawing
    assert {name.rpartition(".")[2] for name in drawing} <= {
        "screen", "pieces", "table", "recipes_table", "sections", "plot",
    }  # fmt: skip


def at_module_level(module: str) -> Iterator[ast.AST]:
    """Every statement that runs on import: not in functions, not for type checkers alone."""
    waiting = nodes_of(MODULES[module])[:1]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting.extend(node.orelse)
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(node))


TERMINAL = [
    name for name in MODULES if not within(name, "ganloss_cli.pipeline", "ganloss_cli.evaluators", "ganloss_cli.io")
]


@pytest.mark.parametrize("module", TERMINAL)
def test_the_terminal_layer_names_no_torch_at_module_level(module: str) -> None:
    names = {name for node in at_module_level(module) for name in imports(node)}

    assert not any(within(name, "torch") for name in names)


# What `ganloss inspect` needs, and what only looks at names; reading tensors is another matter.
TORCH_FREE_IO = [
    name for name in MODULES
    if within(name, *(f"ganloss_cli.io.{part}" for part in (
        "architectures", "checkpoints", "folders", "formats", "manifests", "pairing", "roles", "samples", "writing")))
    and name != "ganloss_cli.io.checkpoints.formats.tensors"
]  # fmt: skip


def imports_torch(*modules: str) -> bool:
    lines = ["import sys", *(f"import {name}" for name in modules), "print('torch' in sys.modules)"]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    return done.stdout.strip() == "True"


def test_the_check_for_torch_notices_torch() -> None:
    assert imports_torch("ganloss_cli.evaluators.catalogue")


def test_the_terminal_layer_imports_no_torch_through_other_modules() -> None:
    importable = [name for name in TERMINAL if not name.endswith("__main__")]

    assert not imports_torch(*importable)


def test_what_inspect_uses_imports_no_torch() -> None:
    assert len(TORCH_FREE_IO) > 10
    assert not imports_torch(*TORCH_FREE_IO)


@pytest.mark.parametrize("module", MODULES)
def test_no_import_is_relative(module: str) -> None:
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in nodes_of(MODULES[module]))


@pytest.mark.parametrize("file", python_files(), ids=lambda file: file.relative_to(ROOT).as_posix())
def test_nothing_imports_the_folders_from_the_root(file: Path) -> None:
    assert [name for name in imported_by(file) if within(name, "evaluators") or name.startswith("io.")] == []


SKIPPED = {"build", "dist", "__pycache__"}


def project_files(folder: Path = ROOT) -> Iterator[Path]:
    """Every file that belongs to the project: no caches, no environments, nothing of git's."""
    for entry in sorted(folder.iterdir()):
        # a file in a worktree names the checkout it belongs to; what an editable install compiles, its interpreter
        if entry.name == ".git" or entry.suffix in {".so", ".pyd"}:
            continue
        if entry.is_file():
            yield entry
        elif entry.name in {".ci", ".github"} or not (
            entry.name.startswith(".")
            or entry.name in SKIPPED
            or entry.name.endswith(".egg-info")
            or (entry / "pyvenv.cfg").exists()
        ):
            yield from project_files(entry)


def test_no_file_holds_a_path_of_a_machine() -> None:
    here = {str(ROOT), str(Path.home()), sys.prefix} - {"/"}
    homes = re.compile(rb"/(?:home|Users|root|work|workspace)/[A-Za-z0-9_.-]+/")

    files = list(project_files())
    found = [
        (file.relative_to(ROOT).as_posix(), text)
        for file in files
        for content in [file.read_bytes()]
        for text in [*(path for path in here if path.encode() + b"/" in content), *homes.findall(content)]
    ]

    assert len(files) > 30
    assert found == []
