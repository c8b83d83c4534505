"""The versions of the file of a case, and which of them are read.

A file names its version in the root attribute ``schema_version``; the first had none. Of the same
major version every minor one is read: a newer one has more in it, and nothing with another meaning.
A new major version may mean something else by the same name, and is refused. tests/ keep files of
every version, which are read by the tests.
"""

from __future__ import annotations

import re
from typing import Final

from harness.errors import CorruptStore

FIRST: Final = "1.0"
CURRENT: Final = "1.2"
HISTORY: Final = {
    "1.0": "the first: metrics, raw times, inputs, placement, environment, provenance",
    "1.1": "the index record names run, cluster, suite, number of planned cases, hardware and "
    "software key, commit, tags and the suspicion it was measured for; facts of each host; small "
    "arrays are stored whole, large ones compressed; `reduced` times of many ranks",
    "1.2": "the timeline of kernels whose steps become shorter",
}


class NewerSchema(CorruptStore):
    """A file of a version that this program does not know; nothing is wrong with it."""

    exit_code = 2


def check(found: str, name: str, creator: str) -> None:
    """Whether a file of this version is read here.

    found : "" in a file of the first version; creator : the version of qyran that wrote it. Raises
    NewerSchema for a newer major version, CorruptStore for what is none.
    """
    said = re.fullmatch(r"(\d{1,6})\.(\d{1,6})", found or FIRST)
    if not said:
        raise CorruptStore(name, f"has the schema version {found!r}", known=", ".join(HISTORY))
    if int(said[1]) > int(CURRENT.partition(".")[0]):
        raise NewerSchema(
            name,
            f"is of schema version {found}, written by qyran {creator or 'of a later version'}",
            known=f"schema versions up to {CURRENT.partition('.')[0]}.x",
            fix=f"install qyran {creator} or newer" if creator else "install a newer qyran",
        )
