"""Generations of processors, as list entries and cluster.yaml name them.

Processors of a generation sustain about the same part of their peak in DGEMM: the wider their
vectors, the lower the clock at which they run them.
"""

from __future__ import annotations

import re
from typing import Final

_FAMILIES: Final = (
    ("AMD EPYC, Zen 4 and 5", r"epyc\s+9\w\d[45]|epyc.*\b9\d[5-9]4|epyc.*zen ?[45]"),
    ("AMD EPYC, Zen 3", r"epyc\s+7\w\w3|milan|3rd generation epyc"),
    ("AMD EPYC, Zen 1 and 2", r"epyc|rome|hygon|dhyana"),
    ("Xeon Scalable 4 and 5, Max", r"(?:platinum|gold)\s+[86][45]\d\d|xeon (?:cpu )?max|sapphire"),
    ("Xeon Scalable 3", r"(?:platinum|gold)\s+[86]3\d\d"),
    ("Xeon Platinum 9200", r"platinum\s+92\d\d"),
    ("Xeon Scalable 2", r"(?:platinum|gold|silver)\s+\d2\d\d"),
    ("Xeon Scalable 1", r"(?:platinum|gold|silver)\s+\d1\d\d"),
    ("Xeon E5 v3, v4", r"xeon.*\bv[34]|e5-\d{4}v[34]"),
    ("Xeon E5 v1, v2", r"xeon.*\be5[- ]"),
    ("Xeon Phi", r"xeon phi"),
    ("A64FX", r"a64fx"),
    ("SW26010", r"sw26010(?!pro)"),
    ("SPARC64", r"sparc64"),
    ("POWER", r"power\d"),
    ("Grace", r"grace"),
)

OTHER: Final = "other"
FAMILIES: Final = (*(name for name, _ in _FAMILIES), OTHER)
ONE_SOCKET: Final = ("Xeon Phi", "A64FX", "SW26010", "SPARC64")
"""Processors whose nodes have one of them; nodes of all others are taken to have two sockets."""


def family(text: str) -> str:
    """The generation that a text names, a name of FAMILIES; OTHER if it names none."""
    return next((name for name, pattern in _FAMILIES if re.search(pattern, text, re.I)), OTHER)


def cores_per_node(text: str) -> int | None:
    """Cores of a node of a list entry: '64C' and the sockets of its family; None if not said."""
    said = re.search(r"\b(\d+)C\b", text)
    if said is None:
        return None
    return int(said[1]) * (1 if family(text) in ONE_SOCKET else 2)
