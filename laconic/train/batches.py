"""Which pictures come when: batches follow from (seed, epoch, position) alone, so that a run can be resumed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Int64, Shaped, UInt8
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from laconic.data import AnyPreprocessing, Items, Split, of_pictures
from laconic.data.sensor import noise_of_rows

Batch = tuple[Shaped[Tensor, " batch *item"], Int64[Tensor, " batch"]]


class InMemory:
    """All pictures as one uint8 array, or the tokens of all texts."""

    def __init__(self, images: Items) -> None:
        self.images = images

    def __call__(self, rows: list[int]) -> Items:
        """The pictures of some rows."""
        return np.asarray(self.images[rows])

    def some(self, rows: Int64[np.ndarray, " some"]) -> InMemory:
        """A reader of some rows only."""
        return InMemory(self.images[rows])


class Streaming:
    """Pictures decoded when they are asked for, by worker processes; there an unreadable one is an error."""

    def __init__(self, split: Split, preprocessing: AnyPreprocessing) -> None:
        self.split = split
        self.preprocessing = preprocessing

    def __call__(self, rows: list[int]) -> Items:
        """The pictures of some rows."""
        return self.preprocessing.batch([self.split.picture(row) for row in rows])

    def some(self, rows: Int64[np.ndarray, " some"]) -> Streaming:
        """A reader of some rows only."""
        return Streaming(self.split.subset(rows), self.preprocessing)

    def small(self, side: int) -> Streaming:
        """A reader of the same pictures, `side` pixels wide and high."""
        preprocessing = of_pictures(self.preprocessing, "A small copy")
        return Streaming(self.split, replace(preprocessing, width=side, height=side))


Plain: TypeAlias = InMemory | Streaming


class Noisy:
    """Another reader's pictures as a noisy sensor takes them, each row's noise the same whenever it is read."""

    def __init__(self, read: Reader, snr_db: tuple[float, float], seed: tuple[int, ...]) -> None:
        self.read = read
        self.snr_db = snr_db
        self.seed = seed

    def __call__(self, rows: list[int]) -> UInt8[np.ndarray, "batch height width channels"]:
        """The pictures of some rows, with their noise."""
        return noise_of_rows(self.read(rows), rows, self.snr_db, self.seed)

    def some(self, rows: Int64[np.ndarray, " some"]) -> Noisy:
        """A reader of some rows only, which have other noise there."""
        return Noisy(self.read.some(rows), self.snr_db, self.seed)


Reader: TypeAlias = Plain | Noisy


class Pictures(Dataset[Batch]):
    """Pictures and labels as a torch data set whose every item is a whole batch of rows."""

    def __init__(self, read: Reader, labels: Int64[np.ndarray, " n"]) -> None:
        self.read = read
        self.labels = labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows: list[int]) -> Batch:
        return torch.from_numpy(self.read(rows)), torch.from_numpy(self.labels[rows])


class ShuffledBatches(Sampler[list[int]]):
    """Full batches of a permutation drawn anew each epoch from (seed, epoch); the remainder waits an epoch.

    Of several devices, each takes every `world`-th batch.
    """

    def __init__(self, n: int, batch_size: int, seed: int, rank: int = 0, world: int = 1) -> None:
        self.n = n
        self.batch_size = min(batch_size, n)
        self.seed = seed
        self.rank = rank
        self.world = world
        self.epoch = 0

    def begin(self, step: int) -> None:
        """Choose the permutation of the epoch that begins at `step` of the run.

        It is no `set_epoch`: Lightning would call that, and its count of epochs runs ahead after a resumption.
        """
        self.epoch = step // len(self)

    def __len__(self) -> int:
        return max(1, self.n // self.batch_size // self.world)

    def __iter__(self) -> Iterator[list[int]]:
        order = np.random.default_rng([self.seed, self.epoch]).permutation(self.n)
        for index in range(len(self)):
            start = (index * self.world + self.rank) * self.batch_size % self.n
            yield order[start : start + self.batch_size].tolist()


class OrderedBatches(Sampler[list[int]]):
    """All rows in order, the last batch smaller: for measuring."""

    def __init__(self, n: int, batch_size: int) -> None:
        self.n = n
        self.batch_size = batch_size

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        for start in range(0, self.n, self.batch_size):
            yield list(range(start, min(start + self.batch_size, self.n)))


def loader(pictures: Pictures, batches: Sampler[list[int]], workers: int = 0) -> DataLoader[Batch]:
    """A DataLoader over whole batches; `workers` processes decode ahead."""
    return DataLoader(
        pictures,
        sampler=batches,
        batch_size=None,
        collate_fn=_as_is,
        generator=torch.Generator(),  # workers' seeds; without it one is drawn from torch's global generator
        num_workers=workers,
        persistent_workers=workers > 0,
        prefetch_factor=4 if workers else None,
    )


def _as_is(batch: Any) -> Any:
    return batch
