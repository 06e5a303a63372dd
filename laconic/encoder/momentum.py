"""What momentum contrast (He et al., 2020) keeps beside the network: a slow copy of it, and a queue of its rows."""

from __future__ import annotations

import copy
from typing import Generic, TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from laconic.encoder.features import EncoderError

Network = TypeVar("Network", bound=nn.Module)


class MomentumEncoder(nn.Module, Generic[Network]):
    """A copy of `online` that follows it slowly and learns nothing by itself: `network`.

    ```
    theta_k <- m theta_k + (1 - m) theta_q        m = min(momentum, updates / (updates + 1))
    ```

    is equation (2) of the paper, but that the first updates weigh all weights so far alike: so the initial ones are
    left behind after a few steps, whatever the momentum. Only weights are averaged. Batch norm normalises keys by
    their own batch, as the paper's does, and keeps its statistics itself: averaged statistics, used as in evaluation
    (Cai et al., "Exponential Moving Average Normalization", 2021), lag behind weights that still change fast, and
    short runs with them collapsed. The paper's shuffling of pictures among devices would do nothing on one.

    Raises:
        EncoderError: `momentum` is not from 0 to below 1.
    """

    network: Network
    updates: Tensor

    def __init__(self, online: Network, momentum: float) -> None:
        super().__init__()
        if not 0 <= momentum < 1:
            raise EncoderError(
                f"the encoder's momentum is from 0 to below 1 (0.99 and 0.999 are usual), not {momentum}"
            )
        self.momentum = momentum
        self.network = copy.deepcopy(online).requires_grad_(False)
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))

    @torch.no_grad()
    def follow(self, online: Network) -> None:
        """Take one step towards `online`, of which the first copy was made."""
        updates = int(self.updates)
        step = 1 - min(self.momentum, updates / (updates + 1))
        for ours, theirs in zip(self.network.parameters(), online.parameters(), strict=True):
            ours.lerp_(theirs, step)
        self.updates += 1


class Queue(nn.Module):
    """The last `size` rows [size, dim] that were added, first in, first out; at the beginning it holds none.

    All of it is in the state dict: a resumed run remembers the same rows.

    Raises:
        EncoderError: `size` is below 1.
    """

    places: Tensor
    added: Tensor

    def __init__(self, size: int, dim: int) -> None:
        super().__init__()
        if size < 1:
            raise EncoderError(f"a queue has at least one place, not {size}")
        self.register_buffer("places", torch.zeros(size, dim))
        self.register_buffer("added", torch.zeros((), dtype=torch.long))

    def __len__(self) -> int:
        return min(int(self.added), len(self.places))

    def rows(self) -> Float[Tensor, "held dim"]:
        """A copy of the rows that it holds: what is added later doesn't change them. Their order means nothing."""
        return self.places[: len(self)].clone()

    @torch.no_grad()
    def add(self, rows: Float[Tensor, "batch dim"]) -> None:
        """Put `rows` in; the oldest ones make place."""
        size, latest = len(self.places), rows[-len(self.places) :]
        first = int(self.added) + len(rows) - len(latest)
        self.places[(first + torch.arange(len(latest), device=rows.device)) % size] = latest.to(self.places)
        self.added += len(rows)
