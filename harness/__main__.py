"""``python -m harness``: the command `qyran`, for a batch job that has no PATH."""

from __future__ import annotations

from harness.cli.main import main

if __name__ == "__main__":
    main()
