"""Users whose pictures have something in common, to a degree that is chosen: cells for the downlink.

On unrelated pictures there is nothing to share, and on a data set's own order nothing says how much there is. Here the
users of a cell look at a few scenes, and `correlation` says what part of each picture is its scene's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int64, UInt8

from laconic.data.split import SourceError


@dataclass(frozen=True)
class Views:
    """How a user's camera differs from another's: by what, at most, each picture is changed.

    `shift` is in pixels, to each side, the border repeated; `jitter` a part of the brightness, up or down; `noise` the
    standard deviation of a sensor's noise, a part of full scale.

    Raises:
        SourceError: one of them is below 0, or a jitter is above 1.
    """

    shift: int = 1
    jitter: float = 0.05
    noise: float = 0.01

    def __post_init__(self) -> None:
        if not (self.shift >= 0 and 0 <= self.jitter <= 1 and self.noise >= 0):
            raise SourceError(f"a view has a shift and noise of 0 or more and a jitter from 0 to 1, not {self}")

    def seen(
        self, pixels: Float[np.ndarray, "height width channels"], rng: np.random.Generator
    ) -> UInt8[np.ndarray, "height width channels"]:
        """The picture as some camera sees it; values go from 0 to 255 and are rounded and clipped to them."""
        height, width, _ = pixels.shape
        top, left = rng.integers(0, 2 * self.shift + 1, 2)
        border = ((self.shift, self.shift), (self.shift, self.shift), (0, 0))
        moved = np.pad(pixels, border, mode="edge")[top : top + height, left : left + width]
        noise = rng.normal(0, 255 * self.noise, pixels.shape)
        brightness = 1 + rng.uniform(-self.jitter, self.jitter)
        return np.asarray(np.clip(np.rint(moved * brightness + noise), 0, 255), np.uint8)


SAME_VIEW = Views(shift=0, jitter=0.0, noise=0.0)


@dataclass(frozen=True, eq=False)
class CorrelatedUsers:
    """Cells of `users` who look at `scenes`, as evenly as can be and in random order.

    A user's picture is m + sqrt(r) (scene - m) + sqrt(1 - r) (own - m), seen by its own camera (`views`): r is the
    `correlation`, m the mean of all `pictures`, scene and own are pictures drawn from them, none twice in a cell.
    Before a camera sees them, and but for what is clipped to 0 to 255:

    - at 1, users of a scene have the same picture, the scene;
    - at 0, each has a picture of its own, unrelated to any other's;
    - between, two users of a scene have at each pixel a correlation of r over cells, and none with users of others.

    Each pixel's mean and variance are those of `pictures` at any r. `labels` are the pictures' classes, if they have
    any; the class of a mixed picture is that of the larger part, the scene's where r is 1/2 or more.

    Raises:
        SourceError: a correlation outside 0 to 1, no scene, more scenes than users, too few pictures for a cell, or
            labels that are not one a picture.
    """

    pictures: UInt8[np.ndarray, "n height width channels"]
    correlation: float
    users: int = 50
    scenes: int = 10
    views: Views = Views()
    seed: int = 0
    labels: Int64[np.ndarray, " labels"] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.correlation <= 1:
            raise SourceError(f"a correlation of users is from 0 to 1, not {self.correlation}")
        if not 1 <= self.scenes <= self.users:
            raise SourceError(f"{self.users} users look at 1 to {self.users} scenes, not {self.scenes}")
        needed = self.users + self.scenes
        if len(self.pictures) < needed:
            raise SourceError(
                f"{self.users} users and {self.scenes} scenes need {needed} pictures, not {len(self.pictures)}; "
                "take fewer users or a larger source"
            )
        if self.labels is not None and self.labels.shape != (len(self.pictures),):
            raise SourceError(f"a label for each of {len(self.pictures)} pictures wanted, not {len(self.labels)}")

    def cell(self, number: int) -> tuple[UInt8[np.ndarray, "users height width channels"], Int64[np.ndarray, " users"]]:
        """The pictures of a cell's users, and each one's scene; both follow from the seed and the number, 0 or more."""
        scene_rows, own_rows, scene, rng = self._drawn(number)
        shared, own = self.pictures[scene_rows] - self.mean, self.pictures[own_rows] - self.mean
        mixed = self.mean + np.sqrt(self.correlation) * shared + np.sqrt(1 - self.correlation) * own
        return np.stack([self.views.seen(pixels, rng) for pixels in mixed]), scene

    def classes(self, number: int) -> Int64[np.ndarray, " users"]:
        """The class of each user's picture in a cell, -1 where pictures have none."""
        if self.labels is None:
            return np.full(self.users, -1)
        scene_rows, own_rows, _, _ = self._drawn(number)
        return np.asarray(self.labels[scene_rows if self.correlation >= 0.5 else own_rows])

    def _drawn(
        self, number: int
    ) -> tuple[
        Int64[np.ndarray, " users"], Int64[np.ndarray, " users"], Int64[np.ndarray, " users"], np.random.Generator
    ]:
        """The rows of each user's scene and of its own picture, the number of its scene, and what draws their views."""
        rng = np.random.default_rng([self.seed, number])
        rows = rng.permutation(len(self.pictures))[: self.scenes + self.users]
        scene = rng.permutation(np.arange(self.users) % self.scenes)
        return rows[: self.scenes][scene], rows[self.scenes :], scene, rng

    @cached_property
    def mean(self) -> Float[np.ndarray, "height width channels"]:
        """The mean picture, m."""
        return np.asarray(self.pictures.mean(axis=0))
