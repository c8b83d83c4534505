"""The hardware key survives the weather and a reboot, and changes with the hardware."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.machine.fingerprint import fingerprint, software_fingerprint
from harness.machine.node import detect

FACTS = dataclasses.replace(
    detect(), cpu_model="AMD EPYC 9554", cores_physical=128, memory_present_B=512 * 2**30
)
KEY = fingerprint(FACTS)
VERSIONS = {"python": "3.11.7", "numpy": "2.4.6", "numba": "0.68.1"}


@given(
    hostname=st.text(),
    kernel=st.text(),
    microcode=st.text(),
    firmware=st.none() | st.text(),
    governor=st.sampled_from(["performance", "powersave", None]),
    boost=st.booleans() | st.none(),
    frequency_min_Hz=st.floats(1e8, 2e9) | st.none(),
    frequency_max_Hz=st.floats(2e9, 6e9) | st.none(),
    memory_B=st.integers(500 * 2**30, 512 * 2**30),
    memory_available_B=st.integers(0, 2**40),
    memory_present_B=st.integers(512 * 2**30 - 2**28, 512 * 2**30 + 2**28),
    cores_usable=st.integers(1, 128),
    cpu_quota=st.none() | st.floats(0.1, 64),
    clocksource=st.sampled_from(["tsc", "hpet"]),
    unknown=st.dictionaries(st.text(), st.text()),
)
def test_the_weather_leaves_the_key_alone(**weather: Any) -> None:
    assert fingerprint(dataclasses.replace(FACTS, **weather)) == KEY


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cpu_vendor", "Other"),
        ("cpu_model", "AMD EPYC 9654"),
        ("cpu_family", "99"),
        ("cpu_model_number", "99"),
        ("cpu_stepping", "99"),
        ("sockets", 99),
        ("cores_physical", 96),
        ("threads", 999),
        ("numa_nodes", 99),
        ("memory_present_B", 480 * 2**30),
        ("cpu_model", None),
    ],
)
def test_other_hardware_is_another_key(name: str, value: object) -> None:
    other = fingerprint(dataclasses.replace(FACTS, **{name: value}))  # type: ignore[arg-type]
    assert other.key != KEY.key
    assert len(set(other.text.splitlines()) ^ set(KEY.text.splitlines())) == 2


def test_the_key_is_short_and_the_text_explains_it() -> None:
    assert len(KEY.key) == 16
    assert int(KEY.key, 16) >= 0
    assert "cpu_model: AMD EPYC 9554" in KEY.text.splitlines()
    assert "memory_GiB: 512" in KEY.text.splitlines()


def test_without_present_memory_the_managed_one_counts() -> None:
    facts = dataclasses.replace(FACTS, memory_present_B=None, memory_B=500 * 2**30)
    assert "memory_GiB: 500" in fingerprint(facts).text


def test_the_software_key() -> None:
    base = software_fingerprint(FACTS, VERSIONS, "openmpi 5.0.11", "openblas 0.3.30")
    assert "numba: 0.68.1" in base.text.splitlines()
    assert base.key != KEY.key
    newer = VERSIONS | {"numba": "0.69.0"}
    others = [
        software_fingerprint(FACTS, newer, "openmpi 5.0.11", "openblas 0.3.30"),
        software_fingerprint(FACTS, VERSIONS, "openmpi 5.0.12", "openblas 0.3.30"),
        software_fingerprint(FACTS, VERSIONS, "openmpi 5.0.11", None),
        software_fingerprint(
            dataclasses.replace(FACTS, kernel="7.0"), VERSIONS, "openmpi 5.0.11", "openblas 0.3.30"
        ),
    ]
    assert len({base.key, *(one.key for one in others)}) == 5


@given(hostname=st.text(), load=st.text())
def test_the_software_key_ignores_names(hostname: str, load: str) -> None:
    facts = dataclasses.replace(FACTS, hostname=hostname)
    packages = VERSIONS | {"pydantic": load}
    assert software_fingerprint(facts, packages, "a", "b") == software_fingerprint(
        FACTS, VERSIONS, "a", "b"
    )
