"""Latency and bandwidth of networks by their names, for machines whose network nobody measured.

A node's figures: half of a ping-pong of 8 B between two nodes, and one direction of large messages,
both as MPI sees them: about 0.95 of the data rate of the link (4x QDR 32 Gbit/s, FDR 54, EDR 100,
HDR 200, NDR 400; Omni-Path and Slingshot-10 100, Slingshot-11 200; InfiniBand Trade Association
roadmap, vendors' data sheets), and the latencies that vendors and centres publish for MPI. One
link a node, unless the name says dual rail. Values of one machine differ by 20 % and more: measure
(`qyran run pingpong --nodes 2`), or give them in cluster.yaml.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Network:
    """latency : s; bandwidth : B/s of one node in one direction; name : what it was taken for."""

    name: str
    latency: float
    bandwidth: float


def _us(name: str, latency_us: float, bandwidth_GB_s: float) -> Network:
    return Network(name, latency_us * 1e-6, bandwidth_GB_s * 1e9)


_KNOWN: Final = (
    (r"quad.?rail.*hdr ?100", _us("InfiniBand HDR100, four rails", 1.0, 47.0)),
    (r"dual.?rail.*edr", _us("InfiniBand EDR, two rails", 1.1, 23.0)),
    (r"ndr ?200", _us("InfiniBand NDR200", 1.0, 24.0)),
    (r"\bndr", _us("InfiniBand NDR", 1.0, 48.0)),
    (r"hdr ?100", _us("InfiniBand HDR100", 1.0, 12.0)),
    (r"\bhdr", _us("InfiniBand HDR", 1.0, 24.0)),
    (r"\bedr", _us("InfiniBand EDR", 1.1, 12.0)),
    (r"\bfdr", _us("InfiniBand FDR", 1.2, 6.2)),
    (r"\bqdr", _us("InfiniBand QDR", 1.4, 3.4)),
    (r"slingshot", _us("Slingshot-11", 1.8, 23.0)),
    (r"omni-?\s?path|\bopa\b", _us("Omni-Path 100", 1.1, 12.0)),
    (r"\baries\b", _us("Aries", 1.3, 9.0)),
    (r"gemini", _us("Gemini", 1.5, 5.0)),
    (r"th express", _us("TH Express-2", 1.5, 10.0)),
    (r"\btofu", _us("Tofu", 1.0, 25.0)),
    (r"sunway", _us("Sunway", 1.5, 8.0)),
    (r"\bbxi\b", _us("BXI", 1.2, 12.0)),
    (r"infiniband", _us("InfiniBand, taken for FDR", 1.2, 6.2)),
    (r"400 ?g", _us("400 Gbit/s Ethernet", 4.0, 46.0)),
    (r"200 ?g", _us("200 Gbit/s Ethernet", 5.0, 23.0)),
    (r"100 ?g", _us("100 Gbit/s Ethernet", 8.0, 11.5)),
    (r"50 ?g", _us("50 Gbit/s Ethernet", 10.0, 5.8)),
    (r"40 ?g", _us("40 Gbit/s Ethernet", 10.0, 4.6)),
    (r"25 ?g|\broce", _us("25 Gbit/s Ethernet", 10.0, 2.9)),
    (r"10 ?g|ethernet|\bgig", _us("10 Gbit/s Ethernet", 20.0, 1.15)),
)

ETHERNET: Final = "Ethernet"


def find(text: str) -> Network | None:
    """The network that a name such as 'InfiniBand HDR' means; None if it is not known."""
    return next((made for pattern, made in _KNOWN if re.search(pattern, text, re.I)), None)


def known() -> tuple[Network, ...]:
    """What `find` knows."""
    return tuple(made for _, made in _KNOWN)
