"""What is to be noticed about the samples of a case: told in its notes, and nothing is deleted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.judge.stats import modes, outliers
from harness.judge.stats.drift import drift


def remarks(name: str, launches: Sequence[Sequence[float]], unit: str) -> Iterator[str]:
    """Sentences about the samples of a metric: [launch][repetition], in its base unit.

    Outliers are counted within their launches, as a launch may have a level of its own.
    """
    flat = [one for launch in launches for one in launch]
    if found := modes.two(flat):
        yield (
            f"{name} has two modes: {found.share:.0%} of {len(flat)} samples near {found.low:.3g} "
            f"{unit}, the others near {found.high:.3g} {unit}; its median may be neither"
        )
    moved = drift(launches)
    if moved is not None and moved.matters:
        yield (
            f"{name} drifts by {moved.change:+.1%} within a launch "
            f"(99 % interval {moved.low:+.1%} to {moved.high:+.1%})"
        )
    far = [one for launch in launches for one in outliers.far(launch)]
    if far:
        verb = "lies" if len(far) == 1 else "lie"
        yield (
            f"{name}: {len(far)} of {len(flat)} samples {verb} far from the others "
            f"({min(far):.3g} to {max(far):.3g} {unit}); none is left out"
        )
