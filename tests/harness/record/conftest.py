"""What the tests of the record share: an index for each test, and runs that are quickly made."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import pytest

from harness.outcome import Outcome
from harness.record import hdf5, recorded, store
from harness.record.result import CaseResult, Run
from harness.report import compose


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test meets the index of another."""
    folder: Path = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def put(run: Run, result: CaseResult, planned: int) -> CaseResult:
    """Record a case as a run does."""
    origin = recorded.as_members(recorded.origin(run, planned))
    return store.add(run, result, {**compose.of_case(result).model_dump(), **origin})


@pytest.fixture
def begin(made: Any) -> Callable[..., Run]:
    """Begins a run: ``begin(results, name, cases=2, cluster="laptop", recorded=2)``."""

    def begun(
        results: Path, name: str, *, cases: int = 1, cluster: str = "laptop", recorded: int = -1,
        outcome: Outcome | None = None, **fields: Any,
    ) -> Run:  # fmt: skip
        run: Run = replace(
            made.run(results, cluster=cluster),
            id=name,
            path=str(results / cluster / name),
            started=store.time_of(name),
            **fields,
        )
        planned = tuple(made.case(given={"n": 4096 + i}) for i in range(cases))
        store.create(run, planned)
        for case in planned[: cases if recorded < 0 else recorded]:
            result = made.failed(case, outcome) if outcome else made.result(case)
            put(run, replace(result, started=run.started, ended=run.started + 1.0), cases)
        return run

    return begun


class Copies:
    """Many valid files from one: what differs has the same length, and the hashes are made anew.

    The content hash is over a stream of bytes; both the file and the stream hold the words that
    differ, so that neither is made by HDF5 again.
    """

    def __init__(self, content: bytes) -> None:
        self._body = content[: -len(hdf5._sealed(b""))]
        parts: list[bytes] = []

        class Kept:
            def update(self, part: bytes) -> None:
                parts.append(bytes(part))

            def hexdigest(self) -> str:
                return hashlib.sha256(b"".join(parts)).hexdigest()

        before = hdf5.hashlib.sha256
        hdf5.hashlib.sha256 = Kept  # type: ignore[assignment,misc]
        try:
            with h5py.File(io.BytesIO(content), "r") as file:
                self._hash = hdf5.content_hash(file).encode()
        finally:
            hdf5.hashlib.sha256 = before  # type: ignore[misc]
        self._stream = b"".join(parts)
        assert self._body.count(self._hash) == 1

    def file(self, words: dict[bytes, bytes]) -> bytes:
        """The file with other words of the same length."""
        assert all(len(old) == len(new) for old, new in words.items())
        pattern = re.compile(b"|".join(map(re.escape, words)))
        body, stream = (
            pattern.sub(lambda found: words[found[0]], one) for one in (self._body, self._stream)
        )
        made = hashlib.sha256(stream).hexdigest().encode()
        return hdf5._sealed(body.replace(self._hash, made))
