"""What a receiver shows of pictures that were sent, and how far it is from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from laconic.link.scheme import Scheme

GREY = 128
ROUNDING = 1 / 12  # the mean squared error of rounding to whole grey levels: no picture counts as better than that


@dataclass(frozen=True, eq=False)
class Shown:
    """What a receiver shows of each picture, sent by one scheme.

    One entry for every time that a picture was sent: all pictures in turn, `rounds` times over. `rungs` are places in
    the pictures' ladders, -1 where none fits; `failed` pictures, those among them, are grey. `errors` are mean squared
    errors of what is shown, in grey levels of 0..255.
    """

    scheme: Scheme
    rungs: Int64[np.ndarray, " shown"]
    failed: Bool[np.ndarray, " shown"]
    errors: Float64[np.ndarray, " shown"]

    @property
    def psnr_db(self) -> float:
        """The mean of each picture's PSNR, grey ones included."""
        return float(psnr_db(self.errors).mean())

    @property
    def psnr_of_mean_db(self) -> float:
        """The PSNR of the mean squared error of all pictures, which the worst ones rule."""
        return float(psnr_db(self.errors.mean(keepdims=True))[0])


@dataclass(frozen=True, eq=False)
class Bound:
    """What no code can exceed: the best pictures in `n_bytes` each, arriving whole but for the `outage`.

    The mean PSNR and the PSNR of the mean error, both over pictures and fades; an outage is shown as grey.
    """

    n_bytes: int
    outage: float
    psnr_db: float
    psnr_of_mean_db: float


def psnr_db(errors: Float64[np.ndarray, "*n"]) -> Float64[np.ndarray, "*n"]:
    """10 log10(255^2 / mean squared error), at most 58.9 dB, which is the error of rounding to 8 bits.

    >>> psnr_db(np.array([0.0, 65.025])).round(1).tolist()
    [58.9, 30.0]
    """
    return np.asarray(10 * np.log10(255**2 / np.maximum(errors, ROUNDING)))
