"""What nodes can read of their energy, for files and reports."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any


def together(nodes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Nodes that can read the same, once, with their hosts."""
    found: dict[str, dict[str, Any]] = {}
    for one in nodes:
        facts = {key: value for key, value in one.items() if key != "host"}
        group = found.setdefault(json.dumps(facts, sort_keys=True), {"hosts": [], **facts})
        if one["host"] not in group["hosts"]:
            group["hosts"].append(one["host"])
    return list(found.values())
