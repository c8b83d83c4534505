"""The rules of the house (docs/architecture.md), held against the sources themselves."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from harness.launch import listing as launchers
from kernels import listing
from kernels.contract import parameters
from kernels.program import Program

ROOT = Path(__file__).parent.parent
# From top to bottom: a room imports the rooms above it, and itself.
ROOMS = (
    "config",
    "plan",
    "launch",
    "machine",
    "measure",
    "record",
    "submit",
    "judge",
    "reference",
    "projection",
    "report",
    "shown",
    "prepare",
    "again",
    "ordering",
    "ranks",
    "preflight",
    "assemble",
    "programs",
    "ledger",
    "recovery",
    "stages",
    "session",
    "acceptance",
    "tuning",
    "commands",
    "flags",
    "cli",
    "__main__",
)
EVERYWHERE = {"errors", "outcome"}
HEAVY = {"numpy", "numba", "scipy", "mpi4py", "h5py", "llvmlite", "threadpoolctl", "pandas"}
STARTS_PROCESSES = {
    "harness/launch/process.py",
    "harness/submit/ask.py",
    "harness/measure/shim.py",  # becomes the program of others that it was started for
    "harness/machine/binary.py",
    "harness/machine/mpi.py",
    "harness/machine/blas.py",
    "harness/machine/software.py",
    "harness/machine/energy/slurm.py",
}
# A user's files are data of kernels, which know nothing of the harness.
READERS = "kernels/_support/dataset/files"
# Reads a store of results by processes of its own, while nothing is measured.
POOLS = {"harness/record/pool.py"}
PROCESS_CALLS = {
    ("os", "system"),
    ("os", "popen"),
    ("os", "fork"),
    ("os", "posix_spawn"),
    ("os", "execv"),
    ("os", "execve"),
    ("os", "execvp"),
    ("os", "spawnv"),
    ("psutil", "Popen"),
}
# They open the two packages: one keeps MPI from starting, one notices a collision of names.
INITS_WITH_CODE = {"kernels/__init__.py", "harness/__init__.py"}
# What a file of results holds beside the parameters of a kernel (harness/record/hdf5.py).
TAKEN = {"nodes", "ranks", "threads", "launches", "repetitions", "budget", "scaling"}
LONGEST_FUNCTION = 60
LONGEST_FILE = 400


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(nodes: Iterator[ast.AST]) -> set[str]:
    """Full names that are imported; ``from a import b`` counts as a and a.b."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute: path = import"
            found |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def everywhere(path: Path) -> set[str]:
    """What a file imports, in functions and for the type checker too."""
    return imported(ast.walk(tree(path)))


def at_import(path: Path) -> set[str]:
    """What is imported when the module is: not in functions, not for the type checker."""

    def visit(node: ast.AST) -> Iterator[ast.AST]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                continue
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            yield child
            yield from visit(child)

    return imported(visit(tree(path)))


def tops(names: set[str]) -> set[str]:
    return {one.partition(".")[0] for one in names}


def room(path: Path) -> str:
    return path.relative_to(ROOT / "harness").parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", sources("kernels"), ids=name)
def test_kernels_know_nothing_of_the_harness(path: Path) -> None:
    assert "harness" not in tops(everywhere(path))


@pytest.mark.parametrize("path", sources("harness"), ids=name)
def test_a_room_imports_only_the_rooms_above(path: Path) -> None:
    if name(path) in INITS_WITH_CODE:
        assert "harness" not in tops(everywhere(path))
        return
    here = room(path)
    rooms = {one.split(".")[1] for one in everywhere(path) if one.startswith("harness.")}
    if here in EVERYWHERE:
        assert rooms <= EVERYWHERE
        return
    assert here in ROOMS, "a new room: say in docs/architecture.md where it stands, and here"
    above = set(ROOMS[: ROOMS.index(here) + 1])
    below = rooms & set(ROOMS) - above
    assert not below


def test_all_rooms_are_there() -> None:
    found = {room(path) for path in sources("harness")} - {"__init__"} - EVERYWHERE
    assert found <= set(ROOMS)


@pytest.mark.parametrize("path", sources("kernels", "harness"), ids=name)
def test_only_the_record_and_the_readers_of_input_know_h5py(path: Path) -> None:
    if room_of_harness(path) != "record" and not name(path).startswith(READERS):
        assert "h5py" not in tops(everywhere(path))


def room_of_harness(path: Path) -> str:
    return room(path) if name(path).startswith("harness/") else ""


@pytest.mark.parametrize("path", sources("kernels", "harness"), ids=name)
def test_only_these_files_start_processes(path: Path) -> None:
    calls = {
        (node.value.id, node.attr)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    starts = "subprocess" in tops(everywhere(path)) or bool(calls & PROCESS_CALLS)
    assert not starts or name(path) in STARTS_PROCESSES or "/external/" in name(path)
    pools = {"multiprocessing", "concurrent.futures.ProcessPoolExecutor"}
    names = everywhere(path)
    assert not (tops(names) | names) & pools or name(path) in POOLS


def test_kernel_files_import_nothing_heavy() -> None:
    for kernel in listing.names():
        path = ROOT / "kernels" / listing.group(kernel) / kernel / "kernel.py"
        assert not tops(at_import(path)) & HEAVY, name(path)
    script = (
        "import sys\nfrom kernels import listing\n"
        "from kernels.contract import parameters\n"
        "[parameters(listing.load(name)) for name in listing.names()]\n"
        f"print(sorted(set(sys.modules) & {HEAVY - {'mpi4py'}!r}))\n"
        "print('mpi4py.MPI' in sys.modules)\n"
    )
    printed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    assert printed.split("\n")[:2] == ["[]", "False"]


# What a command or a rank loads: each module is time of every launch, and files of a shared file
# system, 1024 times at once.
DRAWS = {"matplotlib", "jinja2", "pandas", "pyarrow", "openpyxl"}
COMPUTES = HEAVY - {"mpi4py"}
LIGHT = {
    "qyran list": (
        "sys.argv = ['qyran', 'list']\nfrom harness.cli.main import main\n"
        "try: main()\nexcept SystemExit: pass",
        COMPUTES | DRAWS | {"psutil"},
    ),
    "qyran run": ("import harness.commands.run", (COMPUTES - {"numpy"}) | DRAWS),
    "a rank": (
        "import harness.measure.rank",
        (COMPUTES - {"numpy"}) | DRAWS | {"pydantic", "rich", "typer", "yaml", "statistics"},
    ),
    "a rank of reduce": (
        "import harness.measure.rank\nfrom kernels import listing\nlisting.part('reduce', 'cpu')",
        DRAWS | {"h5py", "pydantic", "rich", "typer"},
    ),
}


@pytest.mark.parametrize("what", LIGHT)
def test_nothing_heavy_is_loaded_for(what: str) -> None:
    loads, heavy = LIGHT[what]
    script = f"import sys\n{loads}\nsys.stderr.write(repr(set(sys.modules) & {heavy!r}))"
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stderr == "set()"


def test_no_import_cycles() -> None:
    files = {module(path): path for path in sources("kernels", "harness")}
    edges = {one: {to for to in at_import(path) if to in files} for one, path in files.items()}
    done: set[str] = set()

    def visit(one: str, trail: tuple[str, ...]) -> None:
        assert one not in trail, " -> ".join((*trail[trail.index(one) :], one))
        if one not in done:
            for to in sorted(edges[one] - {one}):
                visit(to, (*trail, one))
            done.add(one)

    for one in files:
        visit(one, ())


@pytest.mark.parametrize(
    "path", [path for path in sources("kernels", "harness") if path.name == "__init__.py"], ids=name
)
def test_an_init_holds_a_docstring_and_nothing_else(path: Path) -> None:
    assert ast.get_docstring(tree(path))
    if name(path) not in INITS_WITH_CODE:
        assert len(tree(path).body) == 1


def test_every_folder_of_sources_is_a_package() -> None:
    for folder in {path.parent for path in sources("kernels", "harness")}:
        assert (folder / "__init__.py").is_file(), name(folder)


@pytest.mark.parametrize("path", sources("kernels", "harness"), ids=name)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(tree(path))


@pytest.mark.parametrize("path", sources("kernels", "harness"), ids=name)
def test_functions_and_files_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert _lines(node) <= LONGEST_FUNCTION, node.name


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from def to the end, without the docstring."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        lines -= (first.end_lineno or 0) - first.lineno + 1
    return lines


def _assigned(path: Path) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    for node in tree(path).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            found[node.target.id] = node.value
    return found


PROGRAMS = tuple(one for one in listing.names() if issubclass(listing.load(one), Program))
KERNELS = tuple(one for one in listing.names() if one not in PROGRAMS)
FURNITURE = {"kernel.py", "cpu.py", "reference.py"}


def test_a_name_belongs_to_one_kernel() -> None:
    assert len(set(listing.names())) == len(listing.names())


def test_programs_are_the_kernels_of_external() -> None:
    assert set(PROGRAMS) == {one for one in listing.names() if listing.group(one) == "external"}
    assert PROGRAMS


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_kernel_has_its_tests(kernel: str) -> None:
    path = ROOT / "tests" / "kernels" / f"test_{kernel}.py"
    assert path.is_file()
    functions = {one.name for one in tree(path).body if isinstance(one, ast.FunctionDef)}
    assert {"cases", "mutation_case"} <= functions
    mutations = _assigned(path)["MUTATIONS"]
    assert isinstance(mutations, ast.Dict)
    assert len(mutations.keys) >= 3


@pytest.mark.parametrize("kernel", PROGRAMS)
def test_every_program_has_its_tests(kernel: str) -> None:
    """Recorded outputs, and at least three corruptions of its own that may not pass."""
    path = ROOT / "tests" / "kernels" / f"test_{kernel}.py"
    assert path.is_file()
    for name, least in (("RECORDED", 1), ("CORRUPTIONS", 3)):
        found = _assigned(path)[name]
        assert isinstance(found, ast.Dict)
        assert len(found.keys) >= least, name


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_kernel_has_its_benchmark(kernel: str) -> None:
    path = ROOT / "tests" / "bench" / f"bench_{kernel}.py"
    assert path.is_file()
    assert any(
        isinstance(one, ast.FunctionDef) and one.name.startswith("test_") for one in tree(path).body
    )


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_kernel_has_the_same_furniture(kernel: str) -> None:
    folder = ROOT / "kernels" / listing.group(kernel) / kernel
    for furniture in ("__init__.py", *FURNITURE):
        assert (folder / furniture).is_file()


@pytest.mark.parametrize("kernel", PROGRAMS)
def test_every_program_has_the_same_furniture(kernel: str) -> None:
    """Nothing of a program is compiled or computed here: a declaration, and a reader."""
    folder = ROOT / "kernels" / listing.group(kernel) / kernel
    assert {one.name for one in folder.glob("*.py")} == {"__init__.py", "kernel.py", "output.py"}
    for file in folder.glob("*.py"):
        assert not tops(everywhere(file)) & (HEAVY - {"mpi4py"}), file.name
    loaded = listing.load(kernel)
    assert [one.name for one in parameters(loaded)][-2:] == ["binary", "mpirun"]
    assert loaded.install


@pytest.mark.parametrize("kernel", listing.names())
def test_every_kernel_explains_itself(kernel: str) -> None:
    loaded = listing.load(kernel)
    assert loaded.title
    assert loaded.verification
    assert loaded.version >= 1
    declared = parameters(loaded)
    assert declared
    for one in declared:
        assert one.help, one.name
        assert one.unit or one.type is str or one.type is bool, one.name
    assert not {one.name for one in declared} & TAKEN


@pytest.mark.parametrize("launcher", launchers.names())
def test_every_launcher_has_its_tests(launcher: str) -> None:
    assert launchers.load(launcher).__doc__
    tests = ROOT / "tests" / "harness" / "launch" / "launchers"
    assert (tests / f"test_{launcher}.py").is_file()


def test_every_file_of_launch_has_its_tests() -> None:
    only_types = {"contract.py"}
    for path in (ROOT / "harness" / "launch").glob("[!_]*.py"):
        tested = (ROOT / "tests" / "harness" / "launch" / f"test_{path.name}").is_file()
        assert tested or path.name in only_types, name(path)
