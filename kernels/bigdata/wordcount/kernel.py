"""Wordcount: how often each word occurs in a text, the classic of distributed data processing.

J. Dean, S. Ghemawat, MapReduce: simplified data processing on large clusters, OSDI 2004.

A word is a maximal run of characters that are not white space, i.e. have not the property
White_Space of Unicode: what Python's str.split() and Hadoop's WordCount separate, but for U+001C
to U+001F, which stay in words, and U+0085, U+00A0 and the wider spaces, which Hadoop keeps. Case,
punctuation and accents are kept as they are; words are equal if their bytes are.

Every rank counts the words of its part of the text in a table, packs it by the owners of the words
(by hash), exchanges the parts, and adds up what it has received: each word ends on one rank. Words
that are frequent cost no more than others: they travel once from each rank.

`input` is a text file, whole, in UTF-8; there is no column. The ranks cut it where white space
begins. Text that is not UTF-8 ends the case, with the place of the byte; so does a file that
changes meanwhile. `rows` are the bytes of the text, also of a generated one: `vocabulary` words
(see `vocabulary`), drawn as `distribution` says. An empty file is refused; one of white space alone
has no words. Ranks may own no text at all.

With a limit of `memory` the text is read in chunks, and tables that grow too large are spilled by
parts of their words, which are merged one after the other. A word must fit into a chunk then.

Counting: the bytes of the text, read once. The number of words is noted as `words`: words/s is the
bandwidth times words over bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from kernels._support.blocks import largest
from kernels._support.dataset.declaration import Dataset
from kernels.contract import (
    BANDWIDTH,
    Check,
    IllegalParameter,
    Phase,
    Value,
    Watch,
    Work,
    parameter,
)

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.bigdata.wordcount.cpu import State
    from kernels.bigdata.wordcount.text import Text

WORD_B = 160
"""Memory of a different word at most: in two tables, packed, and received."""
TEXT_A_WORD_B = 64
"""Bytes of text for each different word in it, at least."""


@dataclass(frozen=True, kw_only=True)
class Wordcount(Dataset["State"]):
    """Count the words of a distributed text."""

    title: ClassVar[str] = "words of a UTF-8 text, counted in hash tables and merged over the ranks"
    verification: ClassVar[str] = (
        "words, their bytes and a checksum of all words equal those of the text, read or generated"
        " again and split character by character; no word is there twice or on another rank"
    )
    primary: ClassVar[str] = "count"

    rows: int = parameter(unit="B", help="bytes of text over all ranks", minimum=1)
    input: str = parameter("", unit="", help="text FILE in UTF-8, instead of generated text")
    distribution: str = parameter(
        "zipf", unit="", help="of the generated words", choices=("zipf", "uniform", "equal")
    )
    exponent: float = parameter(1.0, unit="1", help="of zipf", minimum=0.0, maximum=10.0)
    vocabulary: int = parameter(
        2**20, unit="1", help="words to draw from", minimum=1, maximum=2**24
    )

    @classmethod
    def row_B(cls, given: Mapping[str, Value]) -> int:
        """A row is a byte."""
        return 1

    @classmethod
    def fit(
        cls, given: Mapping[str, Value], memory_B: int, llc_B: int, ranks: int
    ) -> dict[str, Value]:
        """The size of the file, else four times the caches, or what the memory holds if less."""
        if not given.get("input"):
            words_B = WORD_B * int(given.get("vocabulary", 2**20)) * ranks
            return super().fit(given, max(1, memory_B - words_B), llc_B, ranks)
        size_B = _size_B(str(given["input"]))
        if int(given.get("rows", size_B)) != size_B:
            raise IllegalParameter("rows", given["rows"], f"the input is read whole, {size_B} B")
        return {"rows": size_B}

    def memory_B(self, ranks: int) -> int:
        """The share of the limit, or the text and its different words.

        Those of a file are not known: real text has fewer than one in `TEXT_A_WORD_B`.
        """
        if self.memory:
            return self.memory // ranks
        share_B = largest(self.rows, ranks)
        words = share_B // TEXT_A_WORD_B if self.input else min(self.vocabulary, share_B // 2)
        return share_B + WORD_B * words

    def phases(self) -> tuple[Phase[State], ...]:
        """All of it."""
        return (Phase("count", BANDWIDTH, lambda state: state.count(), self._work()),)

    def setup(self, comm: Intracomm) -> State:
        """The text of this rank in memory, or the means to read it."""
        from numba import get_num_threads

        from kernels.bigdata.wordcount.cpu import State

        text = self.text()
        return State(text, comm, get_num_threads(), self.budget_B(comm), self.scratch)

    def watch(self, state: State, watch: Watch) -> None:
        """Laps, imbalance, words."""
        state.watch = watch

    def prepare(self, state: State) -> None:
        """Forget the results."""
        state.forget()

    def verify(self, state: State, comm: Intracomm) -> Check:
        """Against `check`, from the text anew."""
        from kernels.bigdata.wordcount.check import wrong_facts

        return Check("wrong facts of the counted words", wrong_facts(state, comm), 0.0)

    def text(self) -> Text:
        """The file, or what generates the text."""
        from kernels._support.dataset.generate import law
        from kernels.bigdata.wordcount.text import FileText, GeneratedText
        from kernels.bigdata.wordcount.vocabulary import vocabulary

        if self.input:
            return FileText(self.input)
        words = law(
            self.distribution,
            self.rows,
            keys=self.vocabulary,
            exponent=self.exponent,
            seed=self.seed,
            stream=0,
        )
        return GeneratedText(self.rows, vocabulary(self.vocabulary, self.seed), words)

    def _work(self) -> Callable[[int], Work]:
        return lambda ranks: Work(bytes_read=float(self.rows), items=float(self.rows))


def _size_B(given: Any) -> int:
    from pathlib import Path

    from kernels._support.dataset.files.spec import COMPRESSED, existing

    path = existing(Path(given), given)
    if path.suffix.lower() in COMPRESSED:
        raise IllegalParameter("input", given, f"a file packed as {path.suffix}: unpack it first")
    if not path.stat().st_size:
        raise IllegalParameter("input", given, "the file is empty")
    return path.stat().st_size
