"""The thresholds of a verdict, in one place: they are printed with every document as used."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Thresholds:
    """What counts as worse. Fractions, not percent.

    effect, pair_effect : the smallest deficit that counts, of a node and of a pair; floor : the
    least scale of noise; retest : Benjamini-Hochberg level of a re-test; reject : Holm level of a
    rejection; tolerance : the widest spread between nodes (1 sd) that is still healthy; doubt :
    chance of a fleet as wide as that to look uniform; certain : Holm level of a rejection from a
    fleet that is not shown to be uniform; gross : the deficit that no healthy fleet explains;
    least : nodes that peers need; clip : sd beyond which a node is left out of the main group;
    minority : the share from which on a second group is no group of outliers; together : chance of
    a healthy small fleet to show a slow group, over all metrics; implausible : so many times better
    than expected is rather a mistake, such as another unit.
    """

    effect: float = 0.03
    pair_effect: float = 0.04
    floor: float = 0.005
    retest: float = 0.025
    reject: float = 0.005
    tolerance: float = 0.05
    doubt: float = 0.001
    certain: float = 1e-5
    gross: float = 0.25
    least: int = 5
    clip: float = 3.5
    minority: float = 0.4
    together: float = 0.02
    implausible: float = 100.0


DEFAULT = Thresholds()
