"""Hosts with equal facts are one kind; one rank of each host speaks for it."""

from __future__ import annotations

import json

from harness.measure import hosts
from harness.measure.hosts import RANKS_BUSY, STATE, Witness


class OneRank:
    """A communicator of one rank."""

    rank = 0

    def scatter(self, values: list[bool]) -> bool:
        return values[0]

    def gather(self, value: object) -> list[object]:
        return [value]


def test_the_first_rank_of_each_host_speaks() -> None:
    nodes = [("a", "n1"), ("a", "n1"), ("b", "n2"), ("a", "n1"), ("a", "n3")]
    assert hosts.first_of_host(nodes) == [True, False, True, False, True]


def test_equal_hosts_are_one_kind_and_the_most_common_comes_first() -> None:
    usual = {"governor": "performance", "memory_B": 512 * 2**30}
    nearly = usual | {"memory_B": 512 * 2**30 + 9 * 2**20}
    found = hosts.kinds([usual | {"governor": "powersave"}, usual, nearly, usual])
    assert [one.hosts for one in found] == [(1, 2, 3), (0,)]
    assert found[0].facts == usual


def test_a_missing_module_of_memory_is_another_kind() -> None:
    found = hosts.kinds([{"memory_B": 512 * 2**30}, {"memory_B": 480 * 2**30}, {"memory_B": None}])
    assert len(found) == 3


def test_a_rank_tells_of_this_host_through_the_journal() -> None:
    witness = Witness(OneRank(), [{"host": "h", "node": "n7"}])  # type: ignore[arg-type]
    assert witness.speaks
    written = json.loads(json.dumps([witness.facts(), witness.state(), witness.state()]))
    seen = hosts.of_events(*written)
    assert seen.names == ("n7",)
    assert "hostname" not in seen.kinds[0].facts
    assert seen.kinds[0].facts["cpu_model"]
    assert set(seen.after.values) == {*STATE, RANKS_BUSY}
    for name, column in seen.after.values.items():
        assert column[0] is not None or seen.after.unknown[name]
    assert (seen.after.values["time_s"][0] or 0) >= (seen.before.values["time_s"][0] or 1)


def test_a_journal_without_hosts_says_nothing() -> None:
    assert hosts.of_events(None, None, None) == hosts.Hosts()
