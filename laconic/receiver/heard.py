"""What each node said of each event, gathered from messages in any order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from laconic.contract import LaconicError


class FusionError(LaconicError):
    """Events that can't be fused, or that nothing can be learnt from."""


@dataclass(frozen=True, eq=False)
class Heard:
    """What each node said of each event, as the receiver understands it alone.

    Args:
        nodes: their names.
        posteriors: P(class | word), rows summing to 1; where a node said nothing they don't count.
        present: which nodes said something.

    Raises:
        FusionError: an event with no node, a node twice among the names, or probabilities that are none.
    """

    nodes: tuple[str, ...]
    posteriors: Float64[np.ndarray, "events nodes classes"]
    present: Bool[np.ndarray, "events nodes"]

    def __post_init__(self) -> None:
        if len(set(self.nodes)) != len(self.nodes):
            raise FusionError(f"each node once wanted, got {', '.join(self.nodes)}")
        shape = (len(self.present), len(self.nodes))
        if self.present.shape != shape or self.posteriors.shape[:2] != shape:
            came = f"{self.posteriors.shape} and {self.present.shape}"
            raise FusionError(f"posteriors and presence of {len(self.nodes)} nodes wanted, got {came}")
        silent = np.flatnonzero(~self.present.any(axis=1))
        if len(silent):
            raise FusionError(f"no node said anything of event {silent[0]} ({len(silent)} such): leave it out")
        said = self.posteriors[self.present]
        if not ((said >= 0).all() and np.allclose(said.sum(axis=1), 1, atol=1e-6)):
            raise FusionError("probabilities that sum to 1 wanted from each node that said something, got others")

    def __len__(self) -> int:
        return len(self.present)

    def __getitem__(self, rows: slice | np.ndarray) -> Heard:
        """Some of the events (a slice, a mask, or row numbers)."""
        return Heard(self.nodes, self.posteriors[rows], self.present[rows])


def gather(
    nodes: tuple[str, ...],
    events: Int64[np.ndarray, " messages"],
    senders: Sequence[str],
    posteriors: Float64[np.ndarray, "messages classes"],
    fingerprints: Sequence[bytes] = (),
) -> tuple[Heard, Int64[np.ndarray, " events"]]:
    """Messages in any order as events, and the number of each: ascending. What never came is absent.

    Args:
        nodes: those that may speak.
        events: the event that each message is about.
        senders: the node that said it.
        posteriors: P(class | word).
        fingerprints: of the codec that each message is in.

    Raises:
        FusionError: a node that isn't one of `nodes` or speaks twice of one event, or messages of several codecs.
    """
    if len(set(fingerprints)) > 1:
        some = ", ".join(sorted(fingerprint.hex() for fingerprint in set(fingerprints))[:3])
        raise FusionError(f"messages of one codec wanted, got those of several ({some}): fuse each codec's by itself")
    unknown = sorted(set(senders) - set(nodes))
    if unknown:
        raise FusionError(f"messages of the nodes {', '.join(nodes)} wanted, got one of {unknown[0]}")
    numbers, event = np.unique(events, return_inverse=True)
    place = {name: i for i, name in enumerate(nodes)}
    node = np.array([place[sender] for sender in senders], dtype=np.int64)
    times = np.bincount(event * len(nodes) + node, minlength=len(numbers) * len(nodes)).reshape(-1, len(nodes))
    if (times > 1).any():
        twice = np.argwhere(times > 1)[0]
        raise FusionError(f"a node speaks once of an event, but {nodes[twice[1]]} twice of {numbers[twice[0]]}")
    table = np.zeros((len(numbers), len(nodes), posteriors.shape[1]))
    table[event, node] = posteriors
    return Heard(nodes, table, times > 0), numbers
