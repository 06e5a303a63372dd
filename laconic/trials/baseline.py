"""Pictures by a codec, 5G's LDPC code and QAM, against SNR: the measure of `gssma/baseline` (paper 002).

The paper compares with "JPG-LDPC" and gives no table. Of a JPEG file only the scan travels here (its tables would take
most of the budget), of HEVC and AV1 only the slice or frame; the payload's one byte of scale and quality counts.
Studies that code many pictures tiled into one image report more at low rates. CIFAR-10 as passed round often was JPEG
once: JPEG then finds its own quantiser again at some 3,000 bits a picture, and is not to be compared there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from laconic.data import Preprocessing, load, open_source, suggest
from laconic.trials.trial import Measured, Parameters

ROUNDS, FADING_ROUNDS = 4, 10  # how often each picture is sent: more where a packet meets one fade only


def baseline(parameters: Parameters, seed: int, source: str) -> Measured:
    """One codec over one channel: mean PSNR against SNR of the best scheme, of a fixed one, and of the capacity bound.

    `psnr_db` is the mean over pictures of PSNR, failed ones shown grey; `psnr_of_mean_db` the PSNR of the mean error;
    `failed` the share of failed pictures; `bits` the best scheme's; `fixed_...` the same of `fixed`. `headroom_db` is
    the least that is missing to the bound over all SNRs, `fall_db` the most that PSNR falls from an SNR to the next,
    `cliff_db` how far the last SNR with nine of ten pictures lost lies from the first with one of ten, by `fixed`.

    Parameters are `codec`, `channel` (a name and a Rician factor), `ratio` (complex symbols over values of a picture),
    `pictures` (drawn by the seed from the test split), `size` (as WIDTHxHEIGHT; none for the source's own), `snr_db`
    and `fixed` (a scheme).
    """
    import torch

    from laconic.link import AWGN, Channel, Rayleigh, Rician
    from laconic.link.capacity import is_block
    from laconic.link.classical import Classical
    from laconic.link.scheme import Scheme

    kind, factor = parameters["channel"]
    channels: dict[str, Channel] = {"awgn": AWGN(), "rayleigh": Rayleigh(), "rician": Rician(factor)}
    channel = channels[kind]
    pictures = _drawn(source, parameters["pictures"], parameters["size"], seed)
    classical = Classical.of(pictures, parameters["codec"], round(parameters["ratio"] * pictures[0].size))
    generator = torch.Generator().manual_seed(seed)
    options: dict[str, Any] = {"generator": generator, "rounds": FADING_ROUNDS if is_block(channel) else ROUNDS}
    points = []
    for snr_db in map(float, parameters["snr_db"]):
        best = classical.best(channel, snr_db, **options)
        fixed = classical.send(Scheme.parse(parameters["fixed"]), channel, snr_db, **options)
        bound = classical.bound(channel, snr_db)
        points.append(
            {
                "snr_db": snr_db,
                "psnr_db": best.psnr_db,
                "psnr_of_mean_db": best.psnr_of_mean_db,
                "failed": best.failed.mean(),
                "bits": best.scheme.bits(classical.symbols),
                "fixed_psnr_db": fixed.psnr_db,
                "fixed_failed": fixed.failed.mean(),
                "bound_psnr_db": bound.psnr_db,
                "bound_outage": bound.outage,
            }
        )
    found = {key: np.array([point[key] for point in points]) for key in points[0]}
    return {
        **{key: curve.tolist() for key, curve in found.items()},
        "mean_psnr_db": float(found["psnr_db"].mean()),
        "headroom_db": float((found["bound_psnr_db"] - found["psnr_db"]).min()),
        "fall_db": float(-np.diff(found["psnr_db"]).min()),
        "cliff_db": _cliff(found["snr_db"], found["fixed_failed"]),
        "symbols": classical.symbols,
    }


def _cliff(snr_db: np.ndarray, failed: np.ndarray) -> float:
    """From the last SNR at which nine of ten are lost (or the lowest) to the first with one of ten (or the highest)."""
    lost, well = snr_db[failed >= 0.9], snr_db[failed <= 0.1]
    return float((well[0] if len(well) else snr_db[-1]) - (lost[-1] if len(lost) else snr_db[0]))


def _drawn(source: str, n: int, size: str | None, seed: int) -> np.ndarray:
    split = open_source(source).split("test")
    return load(split.sample(n, seed), suggest(split) if size is None else Preprocessing.parse(size)).images
