"""Whether one sample tends to be above another: H. B. Mann, D. R. Whitney (1947)."""

from __future__ import annotations

from collections.abc import Sequence


def p_value(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Two-sided, exact for small samples without ties; None with fewer than two on a side."""
    from scipy.stats import mannwhitneyu  # half a second to import: only where it is asked for

    if min(len(first), len(second)) < 2:
        return None
    return float(mannwhitneyu(first, second).pvalue)
