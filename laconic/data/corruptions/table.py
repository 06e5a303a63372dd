"""The fifteen corruptions by name, their strengths, and `corrupt`, which applies one to a batch of pictures.

The kinds, their names and most strengths are those of Hendrycks and Dietterich, "Benchmarking Neural Network
Robustness to Common Corruptions and Perturbations" (2019): at 224 pixels those of ImageNet-C, at 32 of CIFAR-10-C.
Ours are the strengths of snow, frost, glass, motion and elastic, which are parametrised otherwise, of defocus and
pixelate at 32, and of the two thickest fogs at 224 (in theirs, clouds grow ragged instead). So errors under these
corruptions are no errors on ImageNet-C or CIFAR-10-C: they are to be compared with one another only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, UInt8

from laconic.data.corruptions import blur, digital, noise, weather
from laconic.data.corruptions.scale import Five, Scale
from laconic.data.split import SourceError

SEVERITIES = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Corruption:
    """What is done to one picture (float32 from 0 to 1, [height, width, channels]), and how strongly.

    `apply` takes the picture, the `strengths` at its severity and size in their order and, where it `draws`, a
    generator. It may leave the range from 0 to 1: `corrupt` clips.
    """

    apply: Callable[..., np.ndarray]
    strengths: tuple[Scale, ...]
    draws: bool = True

    def __call__(
        self, picture: Float32[np.ndarray, "height width channels"], severity: int, rng: np.random.Generator
    ) -> Float[np.ndarray, "height width channels"]:
        """One picture under the corruption."""
        strengths = [scale.at(severity, min(picture.shape[:2])) for scale in self.strengths]
        return self.apply(picture, *strengths, *([rng] if self.draws else []))


def _pixels(small: Five, large: Five) -> Scale:
    return Scale(small, large, pixels=True)


# For each parameter: at 32 pixels, at 224 pixels.
CORRUPTIONS: dict[str, Corruption] = {
    "gaussian_noise": Corruption(
        noise.gaussian_noise, (Scale((0.04, 0.06, 0.08, 0.09, 0.10), (0.08, 0.12, 0.18, 0.26, 0.38)),)
    ),
    "shot_noise": Corruption(noise.shot_noise, (Scale((500, 250, 100, 75, 50), (60, 25, 12, 5, 3)),)),
    "impulse_noise": Corruption(
        noise.impulse_noise, (Scale((0.01, 0.02, 0.03, 0.05, 0.07), (0.03, 0.06, 0.09, 0.17, 0.27)),)
    ),
    "defocus_blur": Corruption(blur.defocus_blur, (_pixels((0.6, 0.7, 0.8, 1.0, 1.5), (3, 4, 6, 8, 10)),), draws=False),
    "glass_blur": Corruption(
        blur.glass_blur,
        (
            _pixels((0.3, 0.3, 0.3, 0.3, 0.3), (0.9, 0.9, 0.9, 0.9, 0.9)),
            _pixels((0.6, 0.7, 0.85, 1.05, 1.4), (1.2, 2, 3, 4, 5)),
        ),
    ),
    "motion_blur": Corruption(blur.motion_blur, (_pixels((2, 3, 4, 4.5, 5.5), (6, 9, 13, 16, 20)),)),
    "zoom_blur": Corruption(
        blur.zoom_blur, (Scale((0.05, 0.10, 0.15, 0.20, 0.25), (0.10, 0.15, 0.20, 0.25, 0.30)),), draws=False
    ),
    "snow": Corruption(
        weather.snow,
        (
            Scale((0.015, 0.03, 0.05, 0.08, 0.12), (0.04, 0.07, 0.10, 0.13, 0.17)),
            _pixels((1, 1.25, 1.5, 1.75, 2), (2, 2.5, 3, 3.5, 4)),
            _pixels((2, 2.5, 3, 4, 5), (4, 6, 8, 10, 12)),
            Scale((0.05, 0.07, 0.10, 0.15, 0.20), (0.10, 0.15, 0.20, 0.25, 0.30)),
        ),
    ),
    "frost": Corruption(weather.frost, (Scale((0.25, 0.35, 0.45, 0.55, 0.65), (0.5, 0.65, 0.8, 0.9, 1.0)),)),
    "fog": Corruption(weather.fog, (Scale((0.2, 0.5, 0.75, 1.0, 1.5), (1.5, 2, 2.5, 3, 4)),)),
    "brightness": Corruption(
        weather.brightness, (Scale((0.05, 0.10, 0.15, 0.20, 0.30), (0.1, 0.2, 0.3, 0.4, 0.5)),), draws=False
    ),
    "contrast": Corruption(
        digital.contrast, (Scale((0.75, 0.5, 0.4, 0.3, 0.15), (0.4, 0.3, 0.2, 0.1, 0.05)),), draws=False
    ),
    "elastic_transform": Corruption(
        digital.elastic_transform,
        (
            _pixels((0.5, 0.7, 0.9, 1.15, 1.4), (1.5, 2.25, 3, 4, 5)),
            _pixels((3, 3, 3, 3, 3), (12, 12, 12, 12, 12)),
        ),
    ),
    "pixelate": Corruption(
        digital.pixelate, (Scale((0.9, 0.8, 0.7, 0.6, 0.5), (0.6, 0.5, 0.4, 0.3, 0.25)),), draws=False
    ),
    "jpeg_compression": Corruption(
        digital.jpeg_compression, (Scale((80, 65, 58, 50, 40), (25, 18, 15, 10, 7)),), draws=False
    ),
}


def corrupt(
    images: UInt8[np.ndarray, "n height width channels"], name: str, severity: int, *, rng: np.random.Generator
) -> UInt8[np.ndarray, "n height width channels"]:
    """The pictures under one corruption, at a severity from 1 (mild) to 5.

    Each picture draws from a generator of its own that `rng` spawns, in order: parts of a batch, one after the other
    from one `rng`, come out as the whole batch does, and a generator of the same seed draws alike at every severity.

    Raises:
        SourceError: there is no such corruption or severity, or the pictures are neither gray nor RGB.
    """
    if name not in CORRUPTIONS:
        raise SourceError(f"a corruption is one of {', '.join(CORRUPTIONS)}, not {name!r}")
    if severity not in SEVERITIES:
        raise SourceError(f"a severity is a whole number from 1 to 5, not {severity}")
    height, width, channels = images.shape[1:]
    if channels not in (1, 3):
        raise SourceError(f"pictures with 1 or 3 channels can be corrupted, not with {channels}")
    if min(height, width) == 0:
        raise SourceError(f"pictures of {width} x {height} pixels show nothing to corrupt")
    corrupted = np.empty_like(images)
    for number, own in enumerate(rng.spawn(len(images))):
        picture = CORRUPTIONS[name](images[number].astype(np.float32) / 255, severity, own)
        corrupted[number] = np.rint(255 * np.clip(picture, 0, 1))
    return corrupted
