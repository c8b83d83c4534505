"""What a rank does around the measurement."""

from __future__ import annotations

import gc

import pytest

from harness.measure import rank


def test_garbage_is_looked_for_seldom_only_while_loading() -> None:
    usual = gc.get_threshold()
    with rank._loading():
        assert gc.get_threshold() == (rank._GARBAGE, *usual[1:])
    assert gc.get_threshold() == usual
    with pytest.raises(ImportError), rank._loading():
        raise ImportError
    assert gc.get_threshold() == usual
