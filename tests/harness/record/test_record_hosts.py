"""Hosts in the file: what deviates is stored beside what is common, and 1024 of them are small."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from harness.machine.node import detect
from harness.measure.hosts import RANKS_BUSY, STATE, Hosts, Kind, States
from harness.record import hdf5
from harness.record import hosts as record_hosts
from harness.report import compose

FACTS: dict[str, Any] = json.loads(json.dumps(asdict(detect())))


def states(count: int, start: float) -> States:
    names = [name for name in (*STATE, RANKS_BUSY) if name != "temperature_C"]
    values = {name: tuple(start + i for i in range(count)) for name in names}
    return States({**values, "temperature_C": (None,) * count}, {"temperature_C": "no sensor"})


def hosts(count: int, odd: int = 0) -> Hosts:
    names = tuple(f"node{i:04d}" for i in range(count))
    kinds = [Kind(tuple(range(odd, count)), FACTS)]
    kinds += [Kind((i,), FACTS | {"microcode": f"0x{i}"}) for i in range(odd)]
    command = ("mpirun", "-n", str(count))
    boots = tuple(f"{i:036d}" for i in range(count))
    return Hosts(names, tuple(kinds), boots, states(count, 0.0), states(count, 1e6), command)


def written(launches: list[Hosts], driver: dict[str, Any] = FACTS) -> bytes:
    with h5py.File.in_memory(libver=("v110", "v110")) as file:
        record_hosts.write(file, launches, driver)
        file.flush()
        return bytes(file.id.get_file_image())


def test_what_deviates_is_stored_and_what_is_common_once() -> None:
    with h5py.File(io.BytesIO(written([hosts(16, odd=1)]))) as file:
        found = json.loads(file["hosts/kinds/data"][()])
    assert found["hosts"][0] == "node0000"
    assert found["kinds"][0] == {"hosts": list(range(1, 16)), "differs": {}}
    assert found["kinds"][1] == {"hosts": [0], "differs": {"microcode": "0x0"}}
    assert found["command"] == ["mpirun", "-n", "16"]
    assert found["unknown"] == {"temperature_C": "no sensor"}


def test_a_driver_on_another_machine_leaves_all_facts_in_the_file() -> None:
    with h5py.File(io.BytesIO(written([hosts(2)], driver={}))) as file:
        assert json.loads(file["hosts/kinds/data"][()])["kinds"][0]["differs"] == FACTS


def test_states_are_numbers_with_units() -> None:
    with h5py.File(io.BytesIO(written([hosts(3), hosts(3), Hosts()]))) as file:
        states = file["hosts/states"]
        units = dict(
            zip(states.dtype.names, states.attrs["units"].decode().split(","), strict=True)
        )
        assert (units["busy"], units["memory_available"], units["load_1min"]) == ("s", "B", "1")
        busy = states["busy"]
        assert busy.shape == (3, 3, 2)
        assert busy[1].tolist() == [[0.0, 1e6], [1.0, 1e6 + 1], [2.0, 1e6 + 2]]
        assert np.isnan(busy[2]).all()
        assert np.isnan(states["temperature"]).all()


def test_hosts_that_told_nothing_leave_nothing() -> None:
    with h5py.File(io.BytesIO(written([Hosts()]))) as file:
        assert not list(file)


def in_a_case(made: Any, *launches: Hosts) -> bytes:
    result = replace(made.result(), hosts=launches)
    return hdf5.encoded(made.run(Path("/r")), result, compose.of_case(result).model_dump())


def test_1024_hosts_are_small_and_so_is_one(made: Any) -> None:
    nothing = len(in_a_case(made))
    assert len(in_a_case(made, hosts(1))) - nothing < 6_500
    assert len(in_a_case(made, *[hosts(1024)] * 3)) - nothing < 700_000
    assert len(in_a_case(made, *[hosts(1024, odd=1023)] * 3)) - nothing < 750_000


def test_they_stand_in_the_file_of_a_case(made: Any) -> None:
    with h5py.File(io.BytesIO(in_a_case(made, hosts(2)))) as file:
        assert file["entry/hosts/states"]["load_1min"].shape == (1, 2, 2)
