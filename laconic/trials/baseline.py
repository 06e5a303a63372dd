"""The classical baseline over the air (paper 002's comparison): a codec, 5G's LDPC code and QAM against SNR.

The paper compares with "JPG-LDPC" and gives no table. Of a JPEG file only the scan travels here (its tables would take
most of the budget), of HEVC and AV1 only the slice or frame; the payload's one byte of scale and quality counts.
Studies that code many pictures tiled into one image report more at low rates. CIFAR-10 as passed round often was JPEG
once: JPEG then finds its own quantiser again at some 3,000 bits a picture, and is not to be compared there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from laconic.data import Preprocessing, load, open_source, suggest
from laconic.trials.figures import curves
from laconic.trials.rules import Value, higher, lower
from laconic.trials.trial import Column, Measured, Parameters, Scale, Trial

PAPER = (
    "J. Koh, H. Noh and H. J. Yang, Group-wise Semantic Splitting Multiple Access for Multi-User Semantic Communication"
)
CODECS = {"jpeg": "JPEG", "webp": "WebP", "avif": "AVIF", "hevc": "HEVC"}
FADING_ROUNDS = 10  # fades that each picture meets, where a packet meets only one


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
    options: dict[str, Any] = {"generator": generator, "rounds": FADING_ROUNDS if is_block(channel) else 1}
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
    rows = np.sort(np.random.default_rng(seed).permutation(len(split))[:n])
    return load(split.subset(rows), suggest(split) if size is None else Preprocessing.parse(size)).images


def _arms(codecs: tuple[str, ...], **more: Any) -> dict[str, dict[str, Any]]:
    """Every codec on AWGN, and JPEG on the fading channels, in blocks."""
    channels = {"Rician": ("rician", 1.0), "Rayleigh": ("rayleigh", 0.0)}
    awgn = {CODECS[codec]: {"codec": codec, "channel": ["awgn", 0.0], **more} for codec in codecs}
    fading = {f"JPEG, {name}": {"codec": "jpeg", "channel": list(of), **more} for name, of in channels.items()}
    return {**awgn, **fading}


_ALL = {"ratio": 1 / 6, "fixed": "16qam 1/2"}
_FINE = list(range(-2, 27, 2))

BASELINE = Trial(
    name="gssma/baseline",
    paper=PAPER,
    claim="A codec and LDPC-coded QAM hold up to an SNR and break down below it; fading makes this worse.",
    rule="JPEG's PSNR, by the best scheme at each SNR on AWGN, nowhere falls by 0.3 dB as SNR rises, and its mean over "
    "the SNRs is above that on Rician and that above that on Rayleigh fading; each stays below its capacity bound at "
    "every SNR; by a fixed scheme, nine of ten pictures lost lie less than 5 dB from one of ten on AWGN, and more than "
    "10 dB on Rayleigh fading",
    rules=(
        lower(Value("JPEG", "fall_db"), 0.3),
        higher(Value("JPEG", "mean_psnr_db"), Value("JPEG, Rician", "mean_psnr_db")),
        higher(Value("JPEG, Rician", "mean_psnr_db"), Value("JPEG, Rayleigh", "mean_psnr_db")),
        *[higher(Value(arm, "headroom_db"), 0.0) for arm in ("JPEG", "HEVC", "JPEG, Rician", "JPEG, Rayleigh")],
        lower(Value("JPEG", "cliff_db"), 5.0),
        higher(Value("JPEG, Rayleigh", "cliff_db"), 10.0),
    ),
    measure=baseline,
    scales={
        "smoke": Scale(
            _arms(("jpeg", "webp", "hevc"), pictures=24, size="32x24", snr_db=_FINE, **_ALL), seeds=2, source="site"
        ),
        "reduced": Scale(
            _arms(tuple(CODECS), pictures=100, size=None, snr_db=_FINE, **_ALL),
            source="",
            data="CIFAR-10 (10,000 test pictures, of which 100 are drawn by each seed)",
        ),
        "full": Scale(
            _arms(tuple(CODECS), pictures=1000, size=None, snr_db=list(range(-4, 31)), **_ALL),
            seeds=5,
            source="",
            data="CIFAR-10 (10,000 test pictures, of which 1,000 are drawn by each seed)",
        ),
    },
    columns=(
        Column("snr_db", "SNR (dB)", 0),
        Column("psnr_db", "PSNR (dB)"),
        Column("psnr_of_mean_db", "PSNR of mean error (dB)"),
        Column("failed", "failed", 3),
        Column("bits", "bits a picture", 0),
        Column("fixed_psnr_db", "16QAM 1/2 (dB)"),
        Column("fixed_failed", "its failed", 3),
        Column("bound_psnr_db", "capacity bound (dB)"),
    ),
    figure=curves(
        "snr_db",
        {
            "JPEG, capacity": ("JPEG", "bound_psnr_db"),
            "JPEG": ("JPEG", "psnr_db"),
            "HEVC": ("HEVC", "psnr_db"),
            "JPEG, 16QAM 1/2": ("JPEG", "fixed_psnr_db"),
            "JPEG, Rician": ("JPEG, Rician", "psnr_db"),
            "JPEG, Rayleigh": ("JPEG, Rayleigh", "psnr_db"),
        },
        "SNR per complex symbol (dB)",
        "mean PSNR (dB)",
    ),
)
