"""From a trained network to a Codec folder: units chosen, encoder exported, languages fitted, figures measured."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from jaxtyping import Bool, Float32

from laconic.codec import Codec, Speech, write_folder
from laconic.codec.limits import Limits
from laconic.codec.overlap import TRAINED
from laconic.codec.sending import FILE
from laconic.codec.session import Session
from laconic.codec.tables import write_speeches
from laconic.data import AnyPreprocessing, Source, of_pictures
from laconic.language import Decision, UnfittedCode
from laconic.receiver import LinearReceiver
from laconic.score.evaluation import score_speech
from laconic.train.batches import Reader
from laconic.train.budget import code_for
from laconic.train.clusters import find_clusters
from laconic.train.export import export_onnx, prune_onnx
from laconic.train.pictures import TrainingData, sensed
from laconic.train.probe import fit_linear
from laconic.train.readout import circumstances, encode_all, learnt_digests, measured, said_or_sent
from laconic.train.receiver import Receiver
from laconic.train.recipe import RecipeError
from laconic.train.run import Run
from laconic.train.supervised import Supervised
from laconic.train.tables import Train, make_speeches
from laconic.train.way import Way


def finish(
    module: Way,
    data: TrainingData,
    source: Source,
    preprocessing: AnyPreprocessing,
    code: UnfittedCode | None,
    out: Path,
    run: Run,
    provenance: dict[str, Any],
    limits: Limits | None,
    receiver: Receiver | None,
    began: float,
) -> Codec:
    """Write the codec that `module` has become, and read it back.

    Every table is fitted on the features of the exported encoder itself, so that what was counted is what
    nodes will say; with `sensor_noise`, of pictures that have it. `code` may be None: where clusters are said it is
    then `Decision`, and with `target_bits` the one that comes nearest.
    """
    module.cpu()
    digests, data = learnt_digests(data), sensed(data, module.recipe)
    network = export_onnx(module.encoder, preprocessing.shape, torch.arange(module.encoder.units))
    full = Session(network)
    features = encode_all(full, data.read, len(data.labels))
    kept = used_units(features)
    train = (np.ascontiguousarray(features[:, kept]), data.labels)
    read_features = partial(_features, full, kept)
    held = (read_features(data.read_held, len(data.held_labels)), data.held_labels)
    test = (read_features(data.read_test, len(data.test_labels)), data.test_labels)
    if module.recipe.clusters is None:
        classes, weights, clusters = list(source.class_names), data.class_weights, None
        head = _head(module, kept, train, data)
        if code is None and module.recipe.target_bits is not None:
            code = code_for(module.recipe.target_bits, train, held, weights)
    else:
        clusters = find_clusters(module, kept, train[0], data.read, module.recipe.clusters)
        classes, weights, head = clusters.names, np.ones(len(clusters.names)), clusters.head
        train = (train[0], clusters.labels)
        held = (held[0][:0], held[1][:0])  # a cluster is what its head says: there is nothing to calibrate
    speeches = make_speeches(code or Decision(head.weight, head.bias), head, train, held, weights)
    tables, index = write_speeches(speeches)
    manifest = {
        "classes": classes,
        "preprocessing": preprocessing.record(),
        "class_weights": weights.tolist(),
        "encoder_units": module.encoder.units,
        "speeches": index,
        "measured": {
            **(measured(speeches, *test) if clusters is None else clusters.measured(*test, source.labelled)),
            **module.measured(),
            **_probed(module, speeches, test, source),
        },
        "provenance": {**provenance, **circumstances(data, module.global_step, began)},
    }
    files = {
        "encoder.onnx": prune_onnx(network, kept.nonzero()[0]),
        "speeches.safetensors": tables,
        "weights.safetensors": safetensors.torch.save({k: v.contiguous() for k, v in module.state_dict().items()}),
        TRAINED: digests,
        **preprocessing.files(),
    }
    if limits is not None:
        pictures = of_pictures(preprocessing, "max_error")
        sending = said_or_sent(limits, speeches, classes, pictures, train, held, read_features, data)
        files[FILE], manifest["sending"] = sending.to_files()
    if receiver is not None:
        files["receiver.onnx"], manifest["receiver"] = receiver.network, receiver.record
    write_folder(out, manifest, files)
    run.finish()
    return Codec.load(out, None if code is None else type(code))


def _features(
    session: Session, kept: Bool[np.ndarray, " units"], read: Reader, n: int
) -> Float32[np.ndarray, "n used"]:
    return np.ascontiguousarray(encode_all(session, read, n)[:, kept])


def used_units(features: Float32[np.ndarray, "n units"]) -> Bool[np.ndarray, " units"]:
    """The units that any training picture activates; the others would never be named.

    Raises:
        RecipeError: there are none.
    """
    used: np.ndarray = np.any(features > 0, axis=0)
    if not used.any():
        raise RecipeError("no unit of this encoder is ever active; use a smaller --sparsity-weight")
    return used


def _probed(module: Way, speeches: dict[str, Speech], test: Train, source: Source) -> dict[str, float]:
    """The linear probe of an encoder that was trained without labels, where the source has some."""
    if module.recipe.labelled or not source.labelled or module.recipe.clusters is not None:
        return {}
    return {"linear_probe": score_speech("full", speeches["full"], *test).accuracy}


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
