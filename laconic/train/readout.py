"""What a finished encoder makes of a run's pictures: their features, the figures, and what may be said on them."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Float32, Float64, Int64

from laconic.codec import Speech
from laconic.codec.limits import Limits
from laconic.codec.overlap import trained_digests
from laconic.codec.sending import Examples, Sending
from laconic.codec.session import Session
from laconic.data import Preprocessing
from laconic.data.look import looks, usual_looks
from laconic.receiver.unknown import Prototypes
from laconic.score.activity import n1, n2
from laconic.score.evaluation import score_speech
from laconic.train.batches import InMemory, Reader
from laconic.train.pictures import TrainingData
from laconic.train.tables import Held, Train

CHUNK = 512  # pictures encoded at once
PACKAGES = ("torch", "lightning", "onnx", "onnxruntime", "numpy", "pillow", "bitarray")

ReadFeatures: TypeAlias = Callable[[Reader, int], Float32[np.ndarray, "n used"]]


def encode_all(session: Session, read: Reader, n: int) -> Float32[np.ndarray, "n units"]:
    """The features of pictures 0 ... n - 1."""
    return np.concatenate([session(read(rows)) for rows in chunks(n)] or [np.zeros((0, session.units), np.float32)])


def chunks(n: int) -> Iterator[list[int]]:
    """0 ... n - 1 in order, CHUNK rows at a time."""
    for start in range(0, n, CHUNK):
        yield list(range(start, min(start + CHUNK, n)))


def learnt_digests(data: TrainingData) -> bytes:
    """The digests of what was learnt from: training pictures and those that tuned it."""
    parts = ((data.read, len(data.labels)), (data.read_held, len(data.held_labels)))
    return trained_digests(read(rows) for read, n in parts for rows in chunks(n))


def said_or_sent(
    limits: Limits,
    speeches: Mapping[str, Speech],
    classes: list[str],
    preprocessing: Preprocessing,
    train: Train,
    held: Held,
    read_features: ReadFeatures,
    data: TrainingData,
) -> Sending:
    """The rule of said or sent: its detector fitted on training pictures, its thresholds found on pictures apart."""
    unknown = read_features(InMemory(data.unknown), len(data.unknown))
    prototypes = Prototypes.fit(*train, limits.seed, unknown).limited(held[0])
    tuning = Examples(*held, data.held_groups, _looks(data.read_held, len(data.held_labels)))
    n = len(data.calibration_labels)
    fresh, seen = read_features(data.read_calibration, n), _looks(data.read_calibration, n)
    calibration = Examples(fresh, data.calibration_labels, data.calibration_groups, seen)
    usual = usual_looks(_looks(data.read, len(data.labels)))
    coder, said, full = limits.coder(preprocessing), speeches["said"], speeches["full"]
    return limits.calibrated(said, full, tuple(classes), prototypes, coder, tuning, calibration, usual)


def measured(
    speeches: Mapping[str, Speech], features: Float32[np.ndarray, "n units"], labels: Int64[np.ndarray, " n"]
) -> dict[str, Any]:
    """What a codec reaches on the test split, through real packets."""
    said, full = (score_speech(name, speeches[name], features, labels) for name in ("said", "full"))
    return {
        "n": len(labels),
        "accuracy_said": said.accuracy,
        "accuracy_full": full.accuracy,
        "bits_mean": said.bits_mean,
        "packet_bytes_mean": said.packet_bytes_mean,
        "n1": n1(features),
        "n2": n2(features),
    }


def circumstances(data: TrainingData, steps: int, began: float) -> dict[str, Any]:
    """What a run's provenance says beside what was asked for: steps, pictures, versions, the machine, seconds."""
    return {
        "steps": steps,
        "pictures": len(data.labels),
        "skipped": data.skipped,
        "duplicates": {"test": data.duplicates.n, "exact": data.duplicates.exact, "near": data.duplicates.near},
        **machinery(),
        "seconds": round(time.perf_counter() - began, 1),
    }


def machinery() -> dict[str, Any]:
    """The versions and the machine that a run was done with."""
    return {
        "laconic": version("laconic"),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads, Python {platform.python_version()}",
        "versions": {name: version(name) for name in PACKAGES},
    }


def _looks(read: Reader, n: int) -> Float64[np.ndarray, "n 3"]:
    return np.concatenate([looks(read(rows)) for rows in chunks(n)] or [np.zeros((0, 3))])
