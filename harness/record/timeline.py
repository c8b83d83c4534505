"""How the parts of a repetition grew with its steps, in the file of a case: a row an interval.

Seconds of parts have 32 bits, exact to a ten-millionth of an interval, so that a small case with as
many intervals as there may be keeps to its size (docs/results.md).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from harness.record import nexus
from harness.record.result import Timeline

NAME: Final = "timeline"
_MAXIMUM: Final = "_maximum"


def write(entry: Any, timeline: Timeline | None) -> None:
    """Done and seconds at the end of each interval; each part as mean and maximum of the ranks."""
    if timeline is None:
        return
    columns: dict[str, Any] = {"done": np.asarray(timeline.done, np.int32)}
    columns["seconds"] = timeline.seconds
    for part, mean in timeline.mean.items():
        columns[part] = np.asarray(mean, np.float32)
        columns[part + _MAXIMUM] = np.asarray(timeline.maximum[part], np.float32)
    units = ["1" if name == "done" else "s" for name in columns]
    which = {"launch": timeline.launch, "repetition": timeline.repetition}
    nexus.table(entry, NAME, columns, units=units, **which)


def read(entry: Any) -> Timeline | None:
    """What `write` wrote; None where there is none."""
    if NAME not in entry:
        return None
    stored = entry[NAME]
    rows = stored[()]
    parts = [name.removesuffix(_MAXIMUM) for name in rows.dtype.names if name.endswith(_MAXIMUM)]
    return Timeline(
        launch=int(stored.attrs["launch"]),
        repetition=int(stored.attrs["repetition"]),
        done=tuple(rows["done"].tolist()),
        seconds=tuple(rows["seconds"].tolist()),
        mean={part: tuple(rows[part].tolist()) for part in parts},
        maximum={part: tuple(rows[part + _MAXIMUM].tolist()) for part in parts},
    )
