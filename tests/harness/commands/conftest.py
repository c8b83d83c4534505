"""Submitted runs, as the tests of the submission room make them."""

from __future__ import annotations

from tests.harness.submit.conftest import end, make_run, submitted

__all__ = ["end", "make_run", "submitted"]
