"""How it is measured: the rooms from configuration to report (see docs/architecture.md)."""

from pathlib import Path

import kernels

if Path(kernels.__file__ or "").parent.parent != Path(__file__).parent.parent:
    raise ImportError(
        f"another package named 'kernels' was found first: {kernels.__file__}. "
        "Install qyran in an environment of its own: python3 -m venv qyran-env && "
        "qyran-env/bin/pip install qyran"
    )
