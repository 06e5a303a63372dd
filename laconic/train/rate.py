"""Sparsity's weight while training: warmed up, or driven by feedback to a wanted message length.

```
words of the last pictures --entropy--> bits --compare with target--> weight up or down --> sparser or fuller
```
"""

from __future__ import annotations

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from laconic.train.recipe import RecipeError

WINDOW = 8192  # words over which the message length is estimated
EVERY = 25  # steps between two looks
GAIN = 0.05  # log-weight per bit of error and look
SILENT = 0.5  # a mean of fewer active units a picture than this is a collapse
COLLAPSES = 8  # so many collapses, and the run stops


class SparsityWeight:
    """lambda of paper 001, equation (12), step by step; its whole state goes into the checkpoint.

    Without `target_bits`, `weight` rises to its value over the first `warmup` of the steps, linearly or, with `power`
    above 1, late. With it, the entropy of the last words is compared with the target every EVERY steps. When the
    units fall silent (collapse), `look` answers True: the caller goes back to its last good weights, and the weight
    is a quarter of what it was.
    """

    def __init__(self, weight: float, warmup_steps: int, k: int, target_bits: float | None, power: int = 1) -> None:
        self.weight = weight
        self.warmup_steps = max(1, warmup_steps)
        self.k = k
        self.target_bits = target_bits
        self.power = power
        self.words: list[int] = []
        self.active = math.inf  # a running mean over batches
        self.active_now = math.inf  # in the last batch
        self.collapses = 0

    def at(self, step: int) -> float:
        """The weight for the loss at `step`."""
        return float(self.weight * min(1.0, step / self.warmup_steps) ** self.power)

    def hear(self, features: Float[Tensor, "batch units"]) -> None:
        """Take note of the words of one batch."""
        active = (features > 0).sum(dim=1).float().mean().item()
        self.active_now = active
        self.active = active if math.isinf(self.active) else 0.9 * self.active + 0.1 * active
        if self.target_bits is not None:
            self.words = (self.words + word_ids(features, self.k))[-WINDOW:]

    def look(self, step: int) -> bool:
        """Every EVERY steps: has the language collapsed? If not, steer.

        Raises:
            RecipeError: it collapsed COLLAPSES times, or once under a weight that the user fixed.
        """
        if step % EVERY or step == 0:
            return False
        if self.active < SILENT:
            self._collapse()
            return True
        if self.target_bits is not None and step > self.warmup_steps // 2:
            error = entropy(self.words) - self.target_bits
            self.weight *= math.exp(GAIN * max(-4.0, min(4.0, error)))
        return False

    def _collapse(self) -> None:
        self.collapses += 1
        if self.target_bits is None or self.collapses > COLLAPSES:
            raise RecipeError(
                f"the sparsity weight {self.weight:.3g} has silenced the units (mean {self.active:.2f} active a "
                "picture): every picture would get the same word; use a smaller --sparsity-weight, "
                "or --target-bits to have it found"
            )
        self.weight /= 4
        self.words = []
        self.active = math.inf

    def state(self) -> dict[str, Any]:
        """Everything that a resumed run needs."""
        return dict(vars(self))

    def load(self, state: dict[str, Any]) -> None:
        """Continue from `state()`."""
        vars(self).update(state)


def word_ids(features: Float[Tensor, "batch units"], k: int) -> list[int]:
    """A number for each picture's k strongest active units; equal words have equal numbers."""
    k = min(k, features.shape[1])
    values, units = features.topk(k, dim=1)
    named = torch.where(values > 0, units + 1, 0).sort(dim=1).values
    base = features.shape[1] + 1
    return [sum(unit * base**place for place, unit in enumerate(row)) for row in named.tolist()]


def entropy(words: list[int]) -> float:
    """Empirical entropy in bits a word.

    >>> entropy([1, 1, 2, 2]), entropy([])
    (1.0, 0.0)
    """
    counts: dict[int, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    n = len(words)
    return sum(-c / n * math.log2(c / n) for c in counts.values()) if n else 0.0
