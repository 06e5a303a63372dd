"""From a trained network to a Codec folder: units chosen, encoder exported, languages fitted, figures measured."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from jaxtyping import Bool, Float32, Int64

from laconic.codec import Codec, Speech, write_folder
from laconic.codec.session import Session
from laconic.codec.tables import write_speeches
from laconic.data import Preprocessing, Source
from laconic.language import UnfittedCode
from laconic.receiver import LinearReceiver
from laconic.score.activity import n1, n2
from laconic.score.evaluation import score_speech
from laconic.train.batches import Reader
from laconic.train.export import export_onnx
from laconic.train.pictures import TrainingData
from laconic.train.probe import fit_linear
from laconic.train.recipe import RecipeError
from laconic.train.run import Run
from laconic.train.supervised import Supervised
from laconic.train.way import Way
from laconic.train.tables import Train, make_speeches

CHUNK = 512  # pictures encoded at once
PACKAGES = ("torch", "lightning", "onnx", "onnxruntime", "numpy", "pillow", "bitarray")


def finish(
    module: Way,
    data: TrainingData,
    source: Source,
    preprocessing: Preprocessing,
    code: UnfittedCode,
    out: Path,
    run: Run,
    provenance: dict[str, Any],
    began: float,
) -> Codec:
    """Write the codec that `module` has become, and read it back.

    Every table is fitted on the features of the exported encoder itself, so that what was counted is what
    nodes will say.
    """
    module.cpu()
    everything = torch.arange(module.encoder.units)
    full = Session(export_onnx(module.encoder, preprocessing.shape, everything))
    features = encode_all(full, data.read, len(data.labels))
    kept = used_units(features)
    train = (np.ascontiguousarray(features[:, kept]), data.labels)
    held = (encode_all(full, data.read_held, len(data.held_labels))[:, kept], data.held_labels)
    head = _head(module, kept, train, data)
    test = (encode_all(full, data.read_test, len(data.test_labels))[:, kept], data.test_labels)
    speeches = make_speeches(code, head, train, held, data.class_weights)
    tables, index = write_speeches(speeches)
    manifest = {
        "classes": list(source.class_names),
        "preprocessing": vars(preprocessing),
        "class_weights": data.class_weights.tolist(),
        "encoder_units": module.encoder.units,
        "speeches": index,
        "measured": _measured(speeches, *test),
        "provenance": {
            **provenance,
            "steps": module.global_step,
            "pictures": len(data.labels),
            "skipped": data.skipped,
            "duplicates": {"test": data.duplicates.n, "exact": data.duplicates.exact, "near": data.duplicates.near},
            "laconic": version("laconic"),
            "machine": f"{platform.machine()}, {torch.get_num_threads()} threads, Python {platform.python_version()}",
            "versions": {name: version(name) for name in PACKAGES},
            "seconds": round(time.perf_counter() - began, 1),
        },
    }
    files = {
        "encoder.onnx": export_onnx(module.encoder, preprocessing.shape, torch.from_numpy(kept.nonzero()[0])),
        "speeches.safetensors": tables,
        "weights.safetensors": safetensors.torch.save({k: v.contiguous() for k, v in module.state_dict().items()}),
    }
    write_folder(out, manifest, files)
    run.finish()
    return Codec.load(out, type(code))


def encode_all(session: Session, read: Reader, n: int) -> Float32[np.ndarray, "n units"]:
    """The features of pictures 0 ... n - 1."""
    return np.concatenate([session(read(rows)) for rows in _chunks(n)] or [np.zeros((0, session.units), np.float32)])


def used_units(features: Float32[np.ndarray, "n units"]) -> Bool[np.ndarray, " units"]:
    """The units that any training picture activates; the others would never be named.

    Raises:
        RecipeError: there are none.
    """
    used: np.ndarray = np.any(features > 0, axis=0)
    if not used.any():
        raise RecipeError("no unit of this encoder is ever active; use a smaller --sparsity-weight")
    return used


def _measured(
    speeches: dict[str, Speech], features: Float32[np.ndarray, "n units"], labels: Int64[np.ndarray, " n"]
) -> dict[str, Any]:
    """What the codec reaches on the test split, through real packets."""
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


def _head(
    module: Way,
    kept: Bool[np.ndarray, " units"],
    train: Train,
    data: TrainingData,
) -> LinearReceiver:
    """The classifier on full features: trained with the encoder, or (two stages) on it now that it is frozen."""
    if module.recipe.two_stage or not isinstance(module, Supervised):
        return LinearReceiver(*fit_linear(*train, data.class_weights))
    weight = module.classifier.weight.detach().numpy()[:, kept]
    return LinearReceiver(np.ascontiguousarray(weight), module.classifier.bias.detach().numpy())


def _chunks(n: int) -> Iterator[list[int]]:
    for start in range(0, n, CHUNK):
        yield list(range(start, min(start + CHUNK, n)))
