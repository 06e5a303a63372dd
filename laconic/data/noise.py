"""Planted noise: pictures in which there is nothing to learn, mixed among those in which there is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, UInt8

from laconic.data.decoding import Picture, opened, to_mode
from laconic.data.split import Pictures, SourceError, Split

KINDS = ("noise", "permuted")


@dataclass(frozen=True)
class PlantedPictures:
    """The same pictures, but those in `numbers`, which hold nothing to learn; made anew alike at each look."""

    pictures: Pictures
    numbers: frozenset[int]
    kind: str
    seed: int

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int, /) -> Picture:
        picture = self.pictures[index]
        if index not in self.numbers:
            return picture
        with opened(picture) as image:
            gray = image.mode in ("1", "L") or image.mode.startswith("I")
            pixels = np.asarray(to_mode(image, "L" if gray else "RGB"))
        return memorizable(pixels, self.kind, np.random.default_rng([self.seed, index]))


def memorizable(pixels: UInt8[np.ndarray, "height width *channels"], kind: str, rng: np.random.Generator) -> Picture:
    """A picture of the same size without structure: uniform noise, or the picture's own pixels in random order."""
    if kind == "noise":
        return rng.integers(0, 256, pixels.shape, np.uint8)
    flat = pixels.reshape(-1, *pixels.shape[2:])
    return rng.permutation(flat).reshape(pixels.shape)


def planted(split: Split, fraction: float, kind: str = "noise", seed: int = 0) -> tuple[Split, Bool[np.ndarray, " n"]]:
    """The split with round(`fraction` * n) of its pictures replaced by memorizable ones, and which these are.

    `noise` is uniform from 0 to 255 in each pixel and channel; `permuted` shuffles the picture's own pixels, which
    keeps its histogram. Labels stay what they were: the flags say which of them mean nothing now. The same seed
    gives the same pictures. Rows that show one stored picture are replaced together.

    Raises:
        SourceError: `fraction` is not from 0 to 1, or there is no such kind.
    """
    if not 0 <= fraction <= 1:
        raise SourceError(f"the fraction of planted pictures is from 0 to 1, not {fraction}")
    if kind not in KINDS:
        raise SourceError(f"planted pictures are one of {', '.join(KINDS)}, not {kind!r}")
    numbers = np.unique(split.rows)
    chosen = np.random.default_rng(seed).permutation(numbers)[: round(fraction * len(numbers))]
    pictures = PlantedPictures(split.pictures, frozenset(chosen.tolist()), kind, seed)
    return replace(split, pictures=pictures), np.isin(split.rows, chosen)
