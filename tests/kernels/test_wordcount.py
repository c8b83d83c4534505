"""wordcount against Python's decoder, regular expressions and Counter; texts that are wrong."""

from __future__ import annotations

import bisect
import os
import random
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mpi4py import MPI

from kernels._support.scratch import Scratch
from kernels._support.string_table import STATE, TAG_BITS, StringTable
from kernels.bigdata.wordcount.cpu import State
from kernels.bigdata.wordcount.kernel import Wordcount
from kernels.bigdata.wordcount.reference import WORD, words
from kernels.bigdata.wordcount.spills import PARTS, Spills
from kernels.bigdata.wordcount.text import BLOCK_B, FileText, GeneratedText
from kernels.bigdata.wordcount.vocabulary import vocabulary
from kernels.contract import CannotRun, IllegalParameter, Value

SPACES = "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2005\u200a\u2028\u2029\u202f\u205f\u3000"
LETTERS = (
    "abz.,-'"
    + "қыранәіңғүұөһ"
    + "é\u0086\u00a1\u200b\u2030\u2060\u1681\u3001\ufeff"
    + "中あ\ue000𝄞😀"
)
NO_SPACES = "\0\x01\x08\x0e\x1c\x1f\x7f\u180e\u200b"
"""Some take these for white space; Unicode does not."""


def case(rows: int, **more: Value) -> dict[str, Value]:
    return {"rows": rows, "vocabulary": 1000, **more}


def cases(ranks: int) -> list[dict[str, Value]]:
    small = [case(rows) for rows in (1, 2, 63, 64, 65)]
    several = [case(3 * BLOCK_B + 17), case(5 * BLOCK_B, distribution="uniform", vocabulary=50_000)]
    return [*small, *several, case(BLOCK_B + 1, distribution="equal"), case(2, vocabulary=1)]


def mutation_case(ranks: int) -> dict[str, Value]:
    return case(4 * BLOCK_B)


def first_word(state: State) -> tuple[StringTable, int]:
    """A table of this rank with words in it, and the place of one."""
    assert isinstance(state.results, list)
    table = next(one for one in state.results if one.strings)
    return table, int(np.flatnonzero(table.table.entries[:, STATE])[0])


def count_one_too_often(state: State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        table, slot = first_word(state)
        table.table.entries[slot, STATE] += np.uint64(1)


def exchange_two_counts(state: State, comm: MPI.Intracomm) -> None:
    table, _ = first_word(state)
    entries = table.table.entries
    some = np.flatnonzero(entries[:, STATE])
    tags = entries[some, STATE] >> np.uint64(TAG_BITS)
    same = some[tags == np.bincount(tags.astype(int)).argmax()]
    counts = entries[same, STATE]
    one, other = same[counts.argmin()], same[counts.argmax()]
    assert entries[one, STATE] != entries[other, STATE]
    entries[[one, other], STATE] = entries[[other, one], STATE]


def lose_a_word(state: State, comm: MPI.Intracomm) -> None:
    if comm.rank == 0:
        table, slot = first_word(state)
        table.table.entries[slot, STATE] = 0
        table.table.used[0] -= 1


def change_a_letter(state: State, comm: MPI.Intracomm) -> None:
    if comm.rank == 0:
        table, slot = first_word(state)
        table.table.entries[slot, 0] ^= np.uint64(1)


def split_a_word(state: State, comm: MPI.Intracomm) -> None:
    """The same word twice: the counts are right in sum."""
    if comm.rank == 0:
        table, _ = first_word(state)
        entries = table.table.entries
        slot = next(i for i in np.flatnonzero(entries[:, STATE]) if entries[i, STATE] & 0xFFFF > 1)
        free = np.flatnonzero(entries[:, STATE] == 0)[0]
        entries[free] = entries[slot]
        entries[free, STATE] = (entries[slot, STATE] & ~np.uint64(0xFFFFFF)) + np.uint64(1)
        entries[slot, STATE] -= np.uint64(1)


def another_text(state: State, comm: MPI.Intracomm) -> None:
    if comm.rank == comm.size - 1:
        state._buffer[: BLOCK_B - 1] = ord("x")
    state.count()


MUTATIONS = {
    "count_one_too_often": count_one_too_often,
    "exchange_two_counts": exchange_two_counts,
    "lose_a_word": lose_a_word,
    "change_a_letter": change_a_letter,
    "split_a_word": split_a_word,
    "another_text": another_text,
}


def counted(path: Path, threads: int = 1) -> dict[bytes, int]:
    state = State(FileText(str(path)), MPI.COMM_SELF, threads, None, "")
    state.count()
    return state.words()


def drawn(seed: int, letters: str, size: int, longest: int = 12) -> str:
    """Words of these letters with one space or several between them, or around them."""
    rng = random.Random(seed)
    made: list[str] = rng.choices(SPACES, k=rng.randint(0, 3))
    while len(made) < size:
        made += rng.choices(letters, k=rng.randint(1, longest))
        made += rng.choices(SPACES, k=rng.randint(1, 2) if rng.random() < 0.9 else 70)
    return "".join(made[:size])


@pytest.mark.parametrize("letters", ["ab", LETTERS, NO_SPACES + "қa", "😀"])
@pytest.mark.parametrize("threads", [1, 3])
def test_words_of_any_text(tmp_path: Path, letters: str, threads: int) -> None:
    for seed, size in enumerate([*range(1, 70), 127, 128, 129, 5000, 20_000]):
        content = drawn(seed, letters, size).encode()
        (tmp_path / "t").write_bytes(content)
        assert counted(tmp_path / "t", threads) == words(content), content


def test_white_space_is_what_unicode_says() -> None:
    """White_Space and str.isspace() differ in U+001C to U+001F alone."""
    every = [chr(i) for i in range(0x110000) if not 0xD800 <= i < 0xE000]
    wanted = {one for one in every if one.isspace()} - set("\x1c\x1d\x1e\x1f")
    assert {one for one in every if not WORD.match(one)} == wanted
    assert set(SPACES) < wanted


def test_every_character_at_every_place_of_a_block(tmp_path: Path) -> None:
    for letter in SPACES + NO_SPACES + "қ中😀":
        content = b"\n".join(b"." * before + letter.encode() + b"." * 70 for before in range(130))
        (tmp_path / "t").write_bytes(content)
        assert counted(tmp_path / "t") == words(content), letter


def test_long_words(tmp_path: Path) -> None:
    rng = random.Random(3)
    long = ["".join(rng.choices("abқ", k=n)) for n in (23, 24, 25, 100, 5000, 70_000, 300_000)]
    content = " ".join(rng.choices(long, k=40)).encode()
    (tmp_path / "t").write_bytes(content)
    for threads in (1, 2):
        assert counted(tmp_path / "t", threads) == words(content)
    (tmp_path / "t").write_bytes(b"x" * 1_000_000)
    assert counted(tmp_path / "t", 2) == {b"x" * 1_000_000: 1}


def test_a_table_that_grows(tmp_path: Path) -> None:
    content = " ".join(str(i * i) for i in range(40_000)).encode()
    (tmp_path / "t").write_bytes(content)
    assert counted(tmp_path / "t") == words(content)


@pytest.mark.parametrize("content", [b" ", b"\n\n\xe2\x80\x83\n", b"a", "қ".encode()])
def test_hardly_any_text(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t").write_bytes(content)
    assert counted(tmp_path / "t", 2) == words(content)


BROKEN = [
    *(b"\x80", b"\xbf", b"\xc0\x80", b"\xc1\xbf", b"\xc3", b"\xc3(", b"\xe0\x9f\xbf", b"\xe0\xa0"),
    *(b"\xed\xa0\x80", b"\xe2\x82(", b"\xe2(\xa1", b"\xf0\x8f\xbf\xbf", b"\xf0\x90\x80"),
    *(
        b"\xf4\x90\x80\x80",
        b"\xf5\x80\x80\x80",
        b"\xff",
        b"\xfe",
        b"\xe3\x80",
        b"\xe2\x80",
        b"\xc2",
    ),
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda one: one.hex())
def test_text_that_is_not_utf8(tmp_path: Path, broken: bytes) -> None:
    """Said with the byte that Python's decoder names, wherever it stands."""
    for before in (*(0, 1, 60, 61, 62, 63, 64, 127), 4093, 4094, 4095, 4096, 10_000):
        for behind in (b"", " қыран".encode() * 20):
            content = b"a " * (before // 2) + b"a" * (before % 2) + broken + behind
            (tmp_path / "t").write_bytes(content)
            with pytest.raises(UnicodeDecodeError) as wanted:
                content.decode()
            with pytest.raises(CannotRun, match=rf"not UTF-8 at byte {wanted.value.start} "):
                counted(tmp_path / "t", 1)


def test_utf8_is_told_from_random_bytes(tmp_path: Path) -> None:
    rng = random.Random(1)
    whole = drawn(1, LETTERS, 400).encode()
    for _ in range(500):
        content = bytearray(whole)
        for _ in range(rng.randint(1, 2)):
            content[rng.randrange(len(content))] = rng.choice(
                [0x20, 0x80, 0xC2, 0xE2, 0xF0, rng.randrange(256)]
            )
        (tmp_path / "t").write_bytes(content)
        try:
            wanted = words(bytes(content))
        except UnicodeDecodeError as error:
            with pytest.raises(CannotRun, match=rf"not UTF-8 at byte {error.start} "):
                counted(tmp_path / "t")
        else:
            assert counted(tmp_path / "t") == wanted


@pytest.mark.parametrize("ranks", [2, 3, 7])
def test_a_file_is_cut_where_no_word_goes_on(tmp_path: Path, ranks: int) -> None:
    content = drawn(5, LETTERS, 3000, longest=60).encode()
    (tmp_path / "t").write_bytes(content)
    whole = FileText(str(tmp_path / "t"))
    cuts = [whole.boundary(len(content) * i // ranks) for i in range(ranks + 1)]
    assert (cuts[0], cuts[-1]) == (0, len(content))
    parts = [words(content[a:b]) for a, b in pairwise(cuts)]
    assert sum(parts, Counter()) == words(content)
    starts = {at for at in range(len(content)) if content[at] & 0xC0 != 0x80}
    white = sorted(at for at in starts if not words(content[at : at + 4][: width(content[at])]))
    for near in range(1, len(content)):
        following = white[bisect.bisect_left(white, near) :]
        assert whole.boundary(near) == (following[0] if following else len(content))


def width(first: int) -> int:
    """Bytes of the character with this first byte."""
    return 1 + (first >= 0xC0) + (first >= 0xE0) + (first >= 0xF0)


def made(size: int, words_in_it: int = 500, **more: Any) -> GeneratedText:
    kernel = Wordcount(rows=size, vocabulary=words_in_it, **more)
    found = kernel.text()
    assert isinstance(found, GeneratedText)
    return found


def whole_of(given: GeneratedText) -> bytes:
    out = np.empty(given.size, np.uint8)
    given.read(0, out)
    return out.tobytes()


def test_generated_text_is_that_of_its_blocks_whoever_reads_it() -> None:
    given = made(3 * BLOCK_B + 999)
    content = whole_of(given)
    assert content.endswith(b"\n")
    content.decode()
    for start, stop in ((0, 1), (BLOCK_B - 1, BLOCK_B + 1), (100, 3 * BLOCK_B + 5)):
        out = np.empty(stop - start, np.uint8)
        given.read(start, out)
        assert out.tobytes() == content[start:stop]
    assert given.boundary(BLOCK_B + 1) == 2 * BLOCK_B
    assert given.boundary(3 * BLOCK_B + 1) == given.size
    assert whole_of(made(BLOCK_B)) == content[:BLOCK_B]


def test_words_follow_the_distribution() -> None:
    names = list(rows_of(vocabulary(500, 0)))
    frequent = words(whole_of(made(2**20)))
    total = sum(1 / k for k in range(1, 501))
    for k in (0, 1, 9):
        share = frequent[names[k]] / frequent.total()
        assert share == pytest.approx(1 / (k + 1) / total, rel=0.1)
    uniform = words(whole_of(made(2**20, distribution="uniform")))
    assert max(uniform.values()) < 1.6 * uniform.total() / 500
    assert len(words(whole_of(made(2**18, distribution="equal")))) == 1
    assert set(frequent) <= set(names)


def rows_of(strings: Any) -> Iterator[bytes]:
    data = strings.data.tobytes()
    yield from (data[a:b] for a, b in pairwise(strings.starts))


def test_the_vocabulary_has_no_word_twice() -> None:
    found = list(rows_of(vocabulary(100_000, 3)))
    assert len(set(found)) == 100_000
    letters = Counter("".join(one.decode() for one in found))
    assert set("қңғүұіәөһ") < set(letters)
    assert set("abz") < set(letters)
    assert 2 < np.mean([len(one.decode()) for one in found[:10]]) < 6
    assert 7 < np.mean([len(one.decode()) for one in found[-1000:]]) < 10
    assert found[:50] == list(rows_of(vocabulary(50, 3)))
    assert found[:50] != list(rows_of(vocabulary(50, 4)))


@pytest.mark.parametrize("threads", [1, 2])
def test_out_of_core(tmp_path: Path, threads: int) -> None:
    """Many different words, long ones among them, in chunks of 64 KiB and tables of 1 MiB."""
    rng = random.Random(2)
    content = " ".join(
        "қ" * rng.choice((0, 20, 30)) + str(rng.randrange(100_000)) for _ in range(150_000)
    ).encode()
    (tmp_path / "t").write_bytes(content)
    budget_B = 8 * 2**20
    kernel = Wordcount(rows=len(content), input=str(tmp_path / "t"))
    state = State(FileText(kernel.input), MPI.COMM_SELF, threads, budget_B, "")
    for _ in range(2):
        kernel.prepare(state)
        state.count()
        assert isinstance(state.results, Spills)
        assert state.words() == words(content)
        assert kernel.verify(state, MPI.COMM_SELF).passed
    (part,) = np.flatnonzero([one.items for one in state.results._entries])[:1]
    entries, _ = state.results.read(int(part))
    state.results._entries[part].append(entries[:1])  # a word twice
    assert not kernel.verify(state, MPI.COMM_SELF).passed


def test_too_little_memory_for_a_word_or_for_a_part(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"x" * 100_000 + b" y")
    state = State(FileText(str(tmp_path / "t")), MPI.COMM_SELF, 1, 8 * 10_000, "")
    with pytest.raises(CannotRun, match=r"a word of more than .* near byte 0; fix: a larger"):
        state.count()
    (tmp_path / "t").write_bytes(b" ".join(b"%d" % i for i in range(30_000)))
    state = State(FileText(str(tmp_path / "t")), MPI.COMM_SELF, 1, None, "")
    state.count()
    assert isinstance(state.results, list)
    spills = Spills(Scratch(""))
    spills.add(state.results)
    with pytest.raises(CannotRun, match=r"a part of the different words needs .* fix: a larger"):
        spills.load(range(PARTS), [StringTable()], 2**18)


def test_a_file_that_changes(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_bytes(b"a b " * 50_000)
    state = State(FileText(str(path)), MPI.COMM_SELF, 1, 8 * 100_000, "")
    os.truncate(path, 1000)
    with pytest.raises(CannotRun, match="the file has changed while it was read: 200000 B have"):
        state.count()


def test_sizes(tmp_path: Path) -> None:
    def fit(**given: Value) -> dict[str, Value]:
        return Wordcount.fit(given, memory_B=2**32, llc_B=2**28, ranks=2)

    assert fit() == {"rows": 2**30}
    assert fit(rows=5) == {}
    (tmp_path / "t").write_bytes(b"a b\n")
    name = str(tmp_path / "t")
    assert fit(input=name) == fit(input=name, rows=4) == {"rows": 4}
    with pytest.raises(IllegalParameter, match="rows = 3: the input is read whole, 4 B"):
        fit(input=name, rows=3)
    assert Wordcount(rows=1000).memory_B(2) < 100_000
    assert Wordcount(rows=1000, memory=2**30).memory_B(2) == 2**29


@pytest.mark.parametrize(
    ("name", "message"),
    {
        "none.txt": "cannot be read: No such file or directory; did you mean 'one.txt'",
        ".": "is a folder",
        "t.gz": "packed as .gz: unpack it first",
        "empty": "the file is empty",
    }.items(),
)
def test_inputs_that_are_none(tmp_path: Path, name: str, message: str) -> None:
    for one, content in {"one.txt": "a", "t.gz": "a", "empty": ""}.items():
        (tmp_path / one).write_text(content)
    with pytest.raises(IllegalParameter) as raised:
        Wordcount.fit({"input": str(tmp_path / name)}, memory_B=2**32, llc_B=2**28, ranks=2)
    assert message in raised.value.known


def test_work_counts_the_bytes_of_the_text() -> None:
    (phase,) = Wordcount(rows=1000).phases()
    assert phase.work(3).bytes_moved == 1000
