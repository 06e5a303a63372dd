"""Networks trained and codecs filled for the same cells, and what these receive: behind `delivering`."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8

from laconic.data import Preprocessing, load, open_source, suggest
from laconic.data.correlated import CorrelatedUsers
from laconic.link import AWGN, Channel, Rayleigh, Rician, SymbolBudget
from laconic.link.classical import Classical
from laconic.link.scheme import Scheme
from laconic.score.downlink import downlink_points
from laconic.score.perceptual import Perceptual
from laconic.train.downlink.data import Sharing
from laconic.train.downlink.recipe import DownlinkRecipe
from laconic.train.downlink.rivals import deep_jscc_way, vit_way
from laconic.train.downlink.run import train_downlink
from laconic.train.downlink.splitting import DownlinkTraining
from laconic.train.downlink.stand_in import stand_in
from laconic.train.downlink.way import DownlinkWay, SnrRangeWarning
from laconic.trials.trial import Measured, Parameters

NETWORKS: dict[str, Callable[..., DownlinkWay]] = {
    "gssma": DownlinkTraining,
    "vit": vit_way,
    "deep-jscc": deep_jscc_way,
}
TRAINED = (12.0, 18.0)
"""The SNRs that are trained at, in dB: the paper's."""


def measured(parameters: Parameters, seed: int, source: str) -> Measured:
    """See `laconic.trials.gssma.delivering.delivering`."""
    parameters = {**parameters, "snr_db": [float(snr_db) for snr_db in parameters["snr_db"]]}
    found = (_by_codec if "codec" in parameters else _by_network)(parameters, seed, source)
    return {"snr_db": parameters["snr_db"], **found, **summary(parameters["snr_db"], found["psnr_db"])}


def trained(parameters: Parameters, seed: int, source: str, build: Callable[..., DownlinkWay]) -> DownlinkWay:
    """The arm's network, as `build` makes it."""
    recipe = DownlinkRecipe(
        _budget(parameters),
        channel=channel(parameters),
        snr_db=TRAINED,
        validation=0.0,
        seed=seed,
        **parameters["recipe"],
    )
    return train_downlink(cells(parameters, seed, source, "train"), recipe, build=build)


def cells(parameters: Parameters, seed: int, source: str, split: str) -> CorrelatedUsers:
    """Pictures of a split as cells; of training pictures, as many as are asked."""
    n = parameters["n_train"] if split == "train" else 0
    images, labels, _ = _loaded(source, split, n, parameters["size"], seed)
    return Sharing(parameters["correlation"]).cells(images, labels, _budget(parameters), seed)


def channel(parameters: Parameters) -> Channel:
    """The arm's channel."""
    kind, factor = parameters["channel"]
    channels: dict[str, Channel] = {"awgn": AWGN(), "rayleigh": Rayleigh(), "rician": Rician(factor)}
    return channels[kind]


def summary(snr_db: Sequence[float], psnr_db: Sequence[float]) -> dict[str, float]:
    """What a curve comes to: see `laconic.trials.gssma.delivering.delivering`."""
    snr, psnr = np.asarray(snr_db, np.float64), np.asarray(psnr_db, np.float64)
    low, high = TRAINED
    rises = np.diff(psnr)
    return {
        "trained_psnr_db": float(psnr[(low <= snr) & (snr <= high)].mean()),
        "low_psnr_db": float(psnr[snr < low].mean()),
        "mean_psnr_db": float(psnr.mean()),
        "fall_db": float(-rises.min()),
        "steepest_db": float((rises / np.diff(snr)).max()),
    }


def _by_network(parameters: Parameters, seed: int, source: str) -> dict[str, Any]:
    way = trained(parameters, seed, source, NETWORKS[parameters["network"]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SnrRangeWarning)  # below the trained range is where a cliff would be
        points = downlink_points(
            way,
            cells(parameters, seed, source, "test"),
            parameters["cells"],
            parameters["snr_db"],
            seed=seed,
            perceptual=_perceptual(parameters, seed, source),
            device=way.device,
        )
    return {
        "psnr_db": [point.psnr_db for point in points],
        "perceptual": [point.perceptual for point in points],
        "params": float(sum(weight.numel() for weight in way.parameters())),
    }


def _by_codec(parameters: Parameters, seed: int, source: str) -> dict[str, Any]:
    test = cells(parameters, seed, source, "test")
    pictures = np.concatenate([test.cell(number)[0] for number in range(parameters["cells"])])
    classical = Classical.of(pictures, parameters["codec"], parameters["symbols"])
    over, eye = channel(parameters), _perceptual(parameters, seed, source)
    sent = np.tile(pictures, (parameters["rounds"], 1, 1, 1))
    generator, fixed = torch.Generator().manual_seed(seed), Scheme.parse(parameters["fixed"])
    points = []
    for snr_db in parameters["snr_db"]:
        best = classical.best(over, snr_db, generator=generator, rounds=parameters["rounds"])
        one = classical.send(fixed, over, snr_db, generator=generator, rounds=parameters["rounds"])
        points.append(
            {
                "psnr_db": best.psnr_db,
                "perceptual": float(eye(_unit(classical.pictures(best)), _unit(sent)).mean()),
                "failed": float(best.failed.mean()),
                "bound_psnr_db": classical.bound(over, snr_db).psnr_db,
                "fixed_psnr_db": one.psnr_db,
            }
        )
    found = {key: [point[key] for point in points] for key in points[0]}
    return {**found, "fixed_steepest_db": summary(parameters["snr_db"], found["fixed_psnr_db"])["steepest_db"]}


def _budget(parameters: Parameters) -> SymbolBudget:
    shape = {name: parameters[name] for name in ("users", "groups", "symbols")}
    return SymbolBudget.from_ratio(**shape, common_ratio=parameters.get("common_ratio", 0.0))


def _perceptual(parameters: Parameters, seed: int, source: str) -> Perceptual:
    return _stand_in(source, parameters["n_train"], parameters["size"], seed, parameters["perceptual_steps"])


@functools.lru_cache(maxsize=1)  # the arms of a seed share it
def _stand_in(source: str, n: int, size: str | None, seed: int, steps: int) -> Perceptual:
    images, labels, classes = _loaded(source, "train", n, size, seed)
    return stand_in(images, labels, classes, source, steps=steps)


@functools.lru_cache(maxsize=2)
def _loaded(
    source: str, split: str, n: int, size: str | None, seed: int
) -> tuple[UInt8[np.ndarray, "n height width channels"], Any, int]:
    """Pictures of a split drawn by the seed, 0 for all, their labels, and the number of classes."""
    opened = open_source(source)
    part = opened.split(split).sample(n, seed)
    loaded = load(part, suggest(opened.split("train")) if size is None else Preprocessing.parse(size))
    return loaded.images, part.labels[loaded.rows], len(opened.class_names)


def _unit(pictures: UInt8[np.ndarray, "n height width channels"]) -> torch.Tensor:
    return torch.from_numpy(pictures).movedim(-1, 1).float() / 255
