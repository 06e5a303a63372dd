"""The semantic memory: for each cluster a queue of rows that its pictures had lately."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from laconic.encoder.features import EncoderError

EMPTY = -1
"""The tag of a place that holds no row yet."""


class SemanticMemory(nn.Module):
    """M first-in-first-out queues C_1 ... C_M of paper 000, as one buffer: `rows` [places, dim] and their `tags`.

    Cluster l owns `depth` places, from l * depth on, so that no cluster drives out another's rows however many
    pictures it draws. All is in the state dict: a resumed run remembers the same.

    Raises:
        EncoderError: fewer than one place for each cluster.
    """

    rows: Tensor
    tags: Tensor
    added: Tensor

    def __init__(self, n_clusters: int, capacity: int, dim: int) -> None:
        super().__init__()
        self.depth = capacity // n_clusters
        if self.depth < 1:
            raise EncoderError(f"a memory of {n_clusters} clusters needs as many places or more, not {capacity}")
        self.register_buffer("rows", torch.zeros(n_clusters * self.depth, dim))
        self.register_buffer("tags", torch.full((n_clusters * self.depth,), EMPTY))
        self.register_buffer("added", torch.zeros(n_clusters, dtype=torch.long))

    @torch.no_grad()
    def add(self, rows: Float[Tensor, "batch dim"], clusters: Int64[Tensor, " batch"]) -> None:
        """Put each row into its cluster's queue, in order; the queue's oldest rows make place."""
        sizes = clusters.bincount(minlength=len(self.added))
        order = clusters.argsort(stable=True)
        owner = clusters[order]
        turn = torch.arange(len(rows), device=rows.device) - (sizes.cumsum(0) - sizes)[owner]
        latest = turn >= sizes[owner] - self.depth  # of more rows than a queue has places
        order, owner, turn = order[latest], owner[latest], turn[latest]
        places = owner * self.depth + (self.added[owner] + turn) % self.depth
        self.rows[places] = rows[order].to(self.rows)
        self.tags[places] = owner
        self.added += sizes

    def held(self) -> Float[Tensor, "held dim"]:
        """A copy of all rows that it holds, in no order that means anything."""
        return self.rows[self.tags != EMPTY].clone()

    @torch.no_grad()
    def clear(self) -> None:
        """Forget everything."""
        self.rows.zero_()
        self.tags.fill_(EMPTY)
        self.added.zero_()
