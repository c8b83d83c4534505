"""What the text of a list entry says of a machine: its accelerators, its network, its chips.

The lists name a computer in one line, such as 'PRIMERGY CX2550 M4, Xeon Gold 6148 20C 2.4GHz,
NVIDIA Tesla V100 SXM2, Infiniband EDR'. Only these three facts are kept of it, as small numbers.
"""

from __future__ import annotations

import re
from typing import Final

_NETWORKS: Final = (
    ("InfiniBand", r"infini-?\s?band|\b[QFEHNX]DR\d*\b|connectx|mellanox|quantum-?2"),
    ("Slingshot", r"slingshot"),
    ("Omni-Path", r"omni-?\s?path|\bopa\b"),
    ("Aries, Gemini", r"\baries\b|gemini|seastar|cray xt\d|cray xe6"),
    ("Tofu", r"\btofu|fujitsu a64fx|k computer"),
    ("Sunway", r"sunway"),
    ("TH Express", r"th express|tianhe|milkyway"),
    ("BXI", r"\bbxi\b|bull ?exascale"),
    ("Blue Gene", r"blue ?gene"),
    ("Myrinet", r"myri(?:net|com)?"),
    ("Quadrics", r"quadrics|qsnet"),
    ("SP switch", r"\bsp (?:power|p2sc|sp)|\bsp\b.*\bmhz|sp switch|federation|eserver p"),
    ("NUMAlink", r"numalink|altix|origin \d"),
    ("Ethernet", r"ethernet|\b\d*\.?\d*g(?:ig)?(?:abit)?e\b|\broce|gig-?e|netxtreme|gbit|broadcom"),
    ("custom", r"custom|proprietary|crossbar|hypercube|tofuD|fat tree"),
)
"""Name and pattern of each family, the first that fits counts."""

_CHIPS: Final = (
    ("NVIDIA B200, GB200", r"\bg?b[23]00\b|blackwell"),
    ("NVIDIA GH200", r"gh200|grace hopper"),
    ("NVIDIA H100, H200", r"\bh[12]00\b|\bh800\b|\bh20\b"),
    ("NVIDIA A100", r"\ba100\b|ampere|\ba800\b|\ba40\b"),
    ("NVIDIA V100", r"v100|volta|\bgv100"),
    ("NVIDIA P100", r"p100|tesla p\d+"),
    ("NVIDIA before 2016", r"nvidia"),
    ("AMD MI300", r"mi3\d\d"),
    ("AMD MI250, MI210", r"mi2\d\d"),
    ("AMD before 2021", r"firepro|radeon|\bvega|\bmi[15]\d+\b|\bati\b|deep computing processor"),
    ("Intel Data Center GPU Max", r"data center gpu|gpu max|ponte vecchio"),
    ("Xeon Phi card", r"(?:phi (?:31s1p|5\d{3}|7120|se10|3120)|57c\b|mic\b)"),
    ("other accelerator", r"pezy|matrix-?\s?\d|mn-core|clearspeed|powerxcell|grape"),
    ("Xeon Phi", r"xeon phi"),
    ("NVIDIA Grace", r"grace"),
    ("AMD EPYC", r"epyc|hygon|dhyana"),
    ("AMD Opteron", r"opteron"),
    (
        "Intel Xeon Scalable, Max",
        r"xeon\s*(?:platinum|gold|silver|cpu max|max|\d+[cC]?\b(?!.*v\d))",
    ),
    ("Intel Xeon", r"xeon|intel em64t|pentium|\bp4\b|\bpiii|ia-32"),
    ("Intel Itanium", r"itanium"),
    ("Fujitsu A64FX", r"a64fx|fugaku"),
    ("Sunway SW26010", r"sw\d|sunway"),
    ("SPARC", r"sparc"),
    ("IBM PowerPC", r"blue ?gene|powerpc|\bppc|jazz|power bqc"),
    ("IBM POWER", r"power\d|power p|\bpower\b|p2sc|\bsp\b|eserver p"),
    ("NEC vector", r"\bsx-?\d|earth-?simulator|vector engine"),
    ("Alpha", r"alpha|ev\d|t3[de]"),
    ("MIPS", r"mips|origin|r1\d000"),
)
_LAST_ACCELERATOR: Final = "other accelerator"

UNKNOWN: Final = "unknown"
NETWORKS: Final = (UNKNOWN, *(name for name, _ in _NETWORKS))
"""A stored number is the place in this row: add to its end only."""
CHIPS: Final = (UNKNOWN, *(name for name, _ in _CHIPS))
"""The accelerator, or the CPU of a machine without; add to its end only."""
ACCELERATORS: Final = CHIPS[1 : CHIPS.index(_LAST_ACCELERATOR) + 1]


def network(text: str) -> int:
    """The place in NETWORKS of what a list says of a computer; 0 where it names no network."""
    return _first(_NETWORKS, text)


def chip(text: str) -> int:
    """The place in CHIPS of the accelerator, or of the CPU of a machine without one."""
    return _first(_CHIPS, text)


def accelerated(chips: int) -> bool:
    """Whether a place in CHIPS is that of an accelerator."""
    return CHIPS[chips] in ACCELERATORS


def _first(patterns: tuple[tuple[str, str], ...], text: str) -> int:
    for place, (_, pattern) in enumerate(patterns, start=1):
        if re.search(pattern, text, re.I):
            return place
    return 0
