"""p values of many tests at once: what they are worth when the best of all is looked at."""

from __future__ import annotations

import numpy as np

from harness.judge.fleet.table import Floats


def holm(p: Floats) -> Floats:
    """Adjusted for the chance of even one false alarm (Holm 1979); NaN stays, and is no test."""
    return _adjusted(p, _holm)


def benjamini_hochberg(p: Floats) -> Floats:
    """Adjusted for the share of false alarms among all (Benjamini & Hochberg 1995); NaN stays."""
    return _adjusted(p, _benjamini_hochberg)


def _adjusted(p: Floats, rule: object) -> Floats:
    flat = p.ravel()
    there = np.flatnonzero(~np.isnan(flat))
    order = there[np.argsort(flat[there], kind="stable")]
    found = np.full(flat.size, np.nan)
    found[order] = np.minimum(1.0, rule(flat[order]))  # type: ignore[operator]
    return found.reshape(p.shape)


def _holm(rising: Floats) -> Floats:
    return np.maximum.accumulate(rising * (len(rising) - np.arange(len(rising))))


def _benjamini_hochberg(rising: Floats) -> Floats:
    scaled = rising * len(rising) / np.arange(1, len(rising) + 1)
    return np.minimum.accumulate(scaled[::-1])[::-1]
