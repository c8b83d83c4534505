"""p values adjusted for their number, beside what is known by hand and from statsmodels."""

from __future__ import annotations

import numpy as np
import pytest

from harness.judge.fleet.multiple import benjamini_hochberg, holm

P = np.array([[0.01, np.nan, 0.04], [0.03, 0.005, 0.5]])


def test_holm_takes_the_smallest_times_their_number_and_never_falls() -> None:
    expected = [0.04, np.nan, 0.09, 0.09, 0.025, 0.5]
    assert holm(P).ravel() == pytest.approx(expected, nan_ok=True)


def test_benjamini_hochberg_takes_the_rank_and_never_rises_backwards() -> None:
    expected = [0.025, np.nan, 0.05, 0.05, 0.025, 0.5]
    assert benjamini_hochberg(P).ravel() == pytest.approx(expected, nan_ok=True)


def test_no_test_at_all() -> None:
    assert holm(np.zeros((0, 3))).shape == (0, 3)
    assert np.isnan(benjamini_hochberg(np.array([np.nan]))).all()
