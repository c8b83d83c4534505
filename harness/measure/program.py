"""One launch of somebody else's program: its folder, its input files, and the journal it lacks."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from harness.errors import CannotMeasure
from harness.measure.batch import Batch, raised_file
from harness.measure.driver import Ending
from harness.measure.journal import Writer
from harness.measure.shim import Order, place_file
from harness.outcome import Outcome
from kernels.program import Parsed, Program, UnclearOutput

_LARGEST_OUTPUT_B: Final = 4 * 2**20
_LAST_LINES: Final = 3


class Launch:
    """The chronicle of a program (see `driver.Chronicle`); its folder lies beside the journal."""

    def __init__(self, batch: Batch, path: Path, mpi: str) -> None:
        """Prepare a launch. path : of the program; mpi : what it is linked with, in words."""
        (self._case,) = batch.cases
        program = self._case.instance()
        assert isinstance(program, Program)  # noqa: S101 - for the type checker
        self._program = program
        self._batch = batch
        self._ranks = self._case.geometry.ranks
        self._folder = batch.journal.with_suffix("")
        self._writer = Writer(batch.journal)
        self._announced = False
        self.order_file = self._folder / "order.json"
        self._prepare([str(path), *program.arguments()], mpi)

    def _prepare(self, command: list[str], mpi: str) -> None:
        """Make the folder with the input files; CannotMeasure if it cannot take them."""
        raised = [str(raised_file(self._batch.journal, rank)) for rank in range(self._ranks)]
        try:
            self._folder.mkdir()
            for name, text in self._program.files(self._ranks).items():
                (self._folder / name).write_text(text, encoding="utf-8")
            Order(command, self._ranks, mpi, raised).write(self.order_file)
        except OSError as error:
            where, why = str(self._folder), f"cannot be written: {error.strerror}"
            raise CannotMeasure(where, why, fix="free space, or use --results") from error

    def look(self) -> None:
        """Write down that the case begins, when all ranks have said where they run."""
        places = [] if self._announced else self._places()
        if len(places) == self._ranks:
            self._announce(places)

    def conclude(self, status: int | None) -> Ending | None:
        """Write down what the program printed and what that says."""
        if not self._announced and (places := self._places()):
            self._announce(places)
        if self._announced:
            self._write("printed", text=self._output())
        good = self._announced and status == 0 and not self._any_raised()
        ending = self._read_results() if good else None
        self._writer.close()
        return ending

    def last_words(self) -> str:
        """The last lines of its output, or nothing."""
        lines = [line.strip() for line in self._output().splitlines() if line.strip()]
        words = "".join(c for c in " | ".join(lines[-_LAST_LINES:]) if c.isprintable())
        return f"; {self._program.output} ends with: {words}" if words else ""

    def _read_results(self) -> Ending | None:
        try:
            self._report(self._program.parse(self._whole_output(), self._ranks))
        except UnclearOutput as error:
            where = f"{self._program.output} of {self._program.binary}"
            return Ending(Outcome.ERROR, f"{where}: {error}")
        return None

    def _report(self, parsed: Parsed) -> None:
        seconds = [[parsed.seconds[phase.name]] for phase in self._program.phases()]
        check = parsed.check
        self._write("sample", seconds=seconds, calls={}, parts={}, series={}, stop="repetitions")
        self._write("parsed", facts=dict(parsed.facts))
        self._write("verified", what=check.what, error=check.error, tolerance=check.tolerance)
        self._write("end", peak_memory_B=[])
        self._writer.write("finished")

    def _announce(self, places: list[dict[str, Any]]) -> None:
        self._writer.write("placement", ranks=places)
        self._write("case")
        self._announced = True

    def _write(self, event: str, **facts: Any) -> None:
        self._writer.write(event, case=self._case.id, **facts)

    def _places(self) -> list[dict[str, Any]]:
        """The places of the ranks that have said where they run."""
        found = []
        for rank in range(self._ranks):
            with suppress(FileNotFoundError):
                text = place_file(self._folder, rank).read_text(encoding="utf-8")
                found.append(json.loads(text))
        return found

    def _any_raised(self) -> bool:
        files = (raised_file(self._batch.journal, rank) for rank in range(self._ranks))
        return any(file.exists() for file in files)

    def _output(self) -> str:
        """The beginning of what it wrote, without what a record cannot hold; "" if nothing."""
        with suppress(OSError), (self._folder / self._program.output).open("rb") as file:
            return file.read(_LARGEST_OUTPUT_B).decode(errors="replace").replace("\0", "?")
        return ""

    def _whole_output(self) -> str:
        """All that it wrote; raises UnclearOutput if that is nothing, or far too much."""
        file = self._folder / self._program.output
        if not file.is_file():
            raise UnclearOutput("this file", "that the program wrote none")
        if file.stat().st_size > _LARGEST_OUTPUT_B:
            raise UnclearOutput(f"at most {_LARGEST_OUTPUT_B} B", f"{file.stat().st_size} B")
        return self._output()
