"""cluster.yaml: the shipped one, and what is said about a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import recovery
from harness.config import cluster, files
from harness.config.validate import validated
from harness.config.yaml_file import parse
from harness.errors import ConfigError

BEGIN = "schema: qyran.cluster/1\ndefault: here\nclusters:\n  here:\n"
NODE = BEGIN + "    partitions:\n      all:\n        node:\n          "


def load(text: str) -> cluster.ClusterFile:
    return validated(cluster.ClusterFile, parse(text, "c.yaml"), cluster.SCHEMA)


def refused(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_the_shipped_one() -> None:
    file, source = cluster.load(files.shipped("cluster.yaml"))
    assert source.endswith("cluster.yaml")
    name, laptop = cluster.choose(file, None, source)
    assert name == "laptop"
    assert laptop.launcher.kind == "local"
    cluster.refuse_planned(name, laptop, source)
    for one in file.clusters.values():
        one.chosen(None, source)
    node = file.clusters["kaznu"].chosen(None, source)[1].node
    assert node.memory == 512 * 2**30
    assert node.flop_rate_peak == pytest.approx(4.608e12)
    assert node.bandwidth_peak == pytest.approx(409.6e9)


def test_the_one_in_the_working_folder_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cluster.load()[1] == str(files.shipped("cluster.yaml"))
    Path("cluster.yaml").write_text(BEGIN + "    title: mine\n")
    file, source = cluster.load()
    assert source == "cluster.yaml"
    assert file.clusters["here"].title == "mine"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: cannot be read: No such file"):
        cluster.load(tmp_path / "nowhere.yaml")


def test_everything_is_optional() -> None:
    here = load(BEGIN + "    {}\n").clusters["here"]
    name, partition = here.chosen(None, "c.yaml")
    assert (name, partition.nodes, partition.node.cores) == ("all", 1, None)


def test_an_unknown_key_names_line_key_and_known_ones() -> None:
    text = refused(NODE + "memmory: 5 GiB\n")
    where = "c.yaml:8: clusters.here.partitions.all.node.memmory"
    assert text.startswith(f"{where}: unknown key 'memmory'; did you mean 'memory'?\n  known: ")
    known = text.splitlines()[1].removeprefix("  known: ").split(", ")
    assert known == list(cluster.Node.model_fields)


def test_an_unknown_key_at_the_top() -> None:
    text = refused("schema: qyran.cluster/1\ndefaults: here\nclusters: {here: {}}\n")
    assert "c.yaml:2: defaults: unknown key 'defaults'; did you mean 'default'?" in text
    assert "known: schema, default, clusters" in text
    assert "key 'default' is missing" in text


def test_all_findings_are_shown_at_once() -> None:
    text = refused(NODE + "cores: many\n          sockets: 0\n          colour: red\n")
    assert [line.split(":")[1] for line in text.splitlines() if line.startswith("c.yaml")] == [
        "9",
        "8",
        "10",
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "cores: 1e2",
            "c.yaml:8: clusters.here.partitions.all.node.cores: input should be a valid",
        ),
        ("cores: 1e2", "found '1e2' (YAML reads this as text: write 100)"),
        ("cores: 1.5", "found 1.5"),
        ("cores: true", "found True"),
        ("cores: 0", "greater than or equal to 1, found 0"),
        ("cores: .nan", "found nan"),
        ("memory: 12:30", "'12:30' is no quantity in B: write it as '512 GiB'"),
        ("memory: 5 GF", "'5 GF' is no quantity in B"),
        ("memory: 0", "greater than 0, found 0"),
        ("memory: .inf", "inf is no quantity in B"),
        ("memory: -5 GiB", "greater than 0"),
        ("flop_rate_peak: .nan", "nan is no quantity in flop/s"),
        ("bandwidth_peak: 200 Gb/s", "'200 Gb/s' is no quantity in B/s"),
        ("power: {kW: 5}", "{'kW': 5} is no quantity in W"),
        ("model: 5", "valid string, found 5"),
    ],
)
def test_an_illegal_value_of_a_node(line: str, message: str) -> None:
    assert message in refused(NODE + line + "\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5\n", "c.yaml: holds a int, not keys and values"),
        ("- a\n", "c.yaml: holds a list, not keys and values"),
        ("schema: qyran.suite/1\ncases: []\n", "c.yaml:1: schema: is of schema 'qyran.suite/1'"),
        ("schema: qyran.cluster/2\ndefault: x\n", "known: qyran.cluster/1"),
        ("default: here\nclusters: {}\n", "c.yaml:2: clusters: dictionary should have at least 1"),
        ("default: here\nclusters: 1\n", "c.yaml:2: clusters: input should be a valid dictionary"),
        ("default: 1\nclusters: {here: {}}\n", "c.yaml:1: default: input should be a valid string"),
        ("default: here\nclusters:\n  here:\n", "c.yaml:3: clusters.here: input should be a valid"),
        (
            BEGIN + "    partitions: {all: {hosts: 'n[1-'}}\n",
            "hosts: found 'n[1-'; known: names, and ranges such as node[01-16]",
        ),
        (
            BEGIN + "    launcher: {agent: 5}\n",
            "c.yaml:5: clusters.here.launcher.agent: found 5; write text, or a list of texts",
        ),
    ],
)
def test_a_wrong_shape(text: str, message: str) -> None:
    assert message in refused(text)


def test_a_file_of_another_kind_is_not_one_of_another_version() -> None:
    assert "fix: this is another kind of file" in refused("schema: qyran.suite/1\ncases: []\n")
    assert "or use the version of qyran that it is for" in refused(
        "schema: qyran.cluster/2\ndefault: x\n"
    )


def test_unknown_cluster_and_partition() -> None:
    file = load(BEGIN + "    partitions: {cpu: {}, gpu: {}}\n")
    with pytest.raises(ConfigError) as caught:
        cluster.choose(file, "her", "c.yaml")
    assert str(caught.value).startswith("c.yaml: unknown cluster 'her'; did you mean 'here'?")
    with pytest.raises(ConfigError) as caught:
        file.clusters["here"].chosen("cpus", "c.yaml")
    assert "unknown partition 'cpus'; did you mean 'cpu'?" in str(caught.value)
    assert caught.value.known == "cpu, gpu"


def test_the_default_must_exist() -> None:
    file = load(BEGIN.replace("default: here", "default: there") + "    {}\n")
    with pytest.raises(ConfigError, match="unknown cluster 'there'"):
        cluster.choose(file, None, "c.yaml")


def test_a_planned_cluster_does_not_run() -> None:
    file = load(BEGIN + "    planned: true\n")
    with pytest.raises(ConfigError, match="does not exist yet") as caught:
        cluster.refuse_planned("here", file.clusters["here"], "c.yaml")
    assert "qyran plan SUITE --cluster here" in caught.value.fix


BLOCKS = (
    BEGIN
    + """\
    partitions:
      cpu:
        nodes: 6
        hosts: n[1-6]
        blocks: {left: 'n[1-3]', right: ['n4', 'n[5-6]']}
"""
)


def test_blocks_are_the_nodes_of_a_switch() -> None:
    partition = load(BLOCKS).clusters["here"].partitions["cpu"]
    assert partition.blocks == {"left": ("n1", "n2", "n3"), "right": ("n4", "n5", "n6")}
    assert partition.groups(["n5", "n2", "n1"]) == {"left": ("n2", "n1"), "right": ("n5",)}
    assert partition.groups(["n4"]) == {"right": ("n4",)}
    free = load(BLOCKS.replace("        hosts: n[1-6]\n", "")).clusters["here"]
    assert free.partitions["cpu"].groups(["n6"]) == {"right": ("n6",)}


@pytest.mark.parametrize(("hosts", "named"), [("'n[1-5]'", 5), ("[n1, n1, 'n[2-5]']", 5)])
def test_a_node_that_hosts_lacks_is_missed(hosts: str, named: int) -> None:
    text = BEGIN + f"    partitions: {{cpu: {{nodes: 6, hosts: {hosts}}}}}\n"
    found = refused(text)
    assert f"nodes: found 6, and `hosts` names {named}, each counted once" in found
    assert load(text.replace("nodes: 6, ", "")).clusters["here"].partitions["cpu"].hosts[4] == "n5"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("n[5-6]", "n[5-7]", "blocks: right: 'n7' is none of `hosts` (n1 to n6)"),
        ("'n4'", "'n3'", "blocks: 'n3' is in left and in right"),
        ("['n4', 'n[5-6]']", "[]", "blocks: right has no nodes"),
        ("hosts: n[1-6]\n        blocks", "blocks", ""),
        ("'n[1-3]'", "'n[1-'", "found 'n[1-'"),
    ],
)
def test_blocks_that_cannot_be(old: str, new: str, message: str) -> None:
    if not message:  # without names there can still be too many
        many = BLOCKS.replace(old, new).replace("nodes: 6", "nodes: 5")
        assert "blocks: name 6 nodes, the partition has 5" in refused(many)
        return
    found = refused(BLOCKS.replace(old, new))
    assert message in found
    assert "clusters.here.partitions.cpu" in found


def test_a_cluster_has_its_contract() -> None:
    text = (
        BEGIN
        + """\
    contract:
      source: offer 4711
      metrics:
        dgemm.flop_rate: {minimum: 30 GF, per: core}
        hpl.flop_rate: {minimum: 1.255 PF, per: machine}
"""
    )
    found = load(text).clusters["here"].contract
    assert found is not None
    assert (list(found.of_nodes), list(found.of_machine)) == (
        ["dgemm.flop_rate"],
        ["hpl.flop_rate"],
    )
    assert "clusters.here.contract.metrics.hpl.flop_rate" in refused(
        text.replace("minimum: 1.255 PF", "minimum: 1 PF, maximum: 2 PF")
    )
    assert "it is not per core" in refused(text.replace("minimum: 30 GF", "reference: peak"))
    assert "it is not per core" in refused(text.replace("minimum: 30 GF", "maximum: 30 GF"))


def test_a_cluster_that_only_the_shipped_file_has_is_found_there() -> None:
    shipped, _ = cluster.load(files.shipped("cluster.yaml"))
    own = shipped.model_copy(update={"clusters": {"mine": shipped.clusters["laptop"]}})
    with pytest.raises(ConfigError, match="unknown cluster 'kaznu'") as caught:
        cluster.choose(own, "kaznu", "c.yaml")
    assert caught.value.fix.startswith(f"--cluster-file {files.shipped('cluster.yaml')}")
    with pytest.raises(ConfigError) as caught:
        cluster.choose(own, "mars", "c.yaml")
    assert not caught.value.fix


def test_a_recorded_cluster_is_read_again_with_all_its_members() -> None:
    """A run is resumed by it: there ``nodes`` was not typed by anybody."""
    made = load(BEGIN + "    partitions: {cpu: {hosts: 'n[1-5]'}}\n").clusters["here"]
    kept = made.model_dump(mode="json")
    assert kept["partitions"]["cpu"]["nodes"] == 1
    again = cluster.Cluster.model_validate(kept, strict=False, context=cluster.RECORDED)
    assert again == made


def test_a_recorded_cluster_of_another_version_is_told() -> None:
    with pytest.raises(ConfigError, match="written by another version"):
        recovery._cluster({"partitions": {"cpu": {"colour": "red"}}}, "run.yaml")
