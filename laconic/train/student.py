"""A student's Codec folder: its teacher's language byte for byte, with an encoder of its own, and how they compare."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from jaxtyping import Float32

from laconic.codec import Codec, write_folder
from laconic.codec.folder import INT8
from laconic.codec.limits import Limits
from laconic.codec.overlap import TRAINED, merged_digests
from laconic.codec.sending import FILE
from laconic.codec.session import Session
from laconic.data import of_pictures
from laconic.score.agreement import agreement
from laconic.train.export import export_onnx
from laconic.train.int8 import PICTURES, quantise
from laconic.train.lesson import Lesson
from laconic.train.pictures import TrainingData
from laconic.train.readout import circumstances, encode_all, learnt_digests, measured, said_or_sent
from laconic.train.way import Way

KEPT = ("classes", "preprocessing", "class_weights", "speeches", "names")
"""What of a teacher's codec.json is about its language."""


def is_of_clusters(codec: Codec) -> bool:
    """Whether a codec says clusters, named or not, and not classes."""
    return "clusters" in codec.manifest.get("measured", {})


def write_student(
    module: Way,
    lesson: Lesson,
    data: TrainingData,
    limits: Limits | None,
    out: Path,
    provenance: dict[str, Any],
    began: float,
    labelled: bool,
    int8: bool = False,
) -> None:
    """Write the folder: what is the language's from the teacher, what is the encoder's from the student.

    `labelled` says whether the test split's labels are the codec's classes; with `int8` there is an encoder in 8 bits
    besides.
    """
    module.cpu()
    teacher, codec = lesson.teacher, lesson.teacher.codec
    network = export_onnx(module.encoder, codec.preprocessing.shape, torch.arange(module.encoder.units))
    session = Session(network)
    files = {
        "encoder.onnx": network,
        "speeches.safetensors": (teacher.folder / "speeches.safetensors").read_bytes(),
        "weights.safetensors": safetensors.torch.save({k: v.contiguous() for k, v in module.state_dict().items()}),
        TRAINED: merged_digests(learnt_digests(data), teacher.folder),
    }
    manifest = {key: codec.manifest[key] for key in KEPT if codec.manifest.get(key) is not None}
    manifest["encoder_units"] = module.encoder.units
    if limits is not None:
        read_features = partial(encode_all, session)
        train = (read_features(data.read, len(data.labels)), data.labels)
        held = (read_features(data.read_held, len(data.held_labels)), data.held_labels)
        classes = list(codec.classes)
        pictures = of_pictures(codec.preprocessing, "Saying a picture or sending it")
        sending = said_or_sent(limits, codec.speeches, classes, pictures, train, held, read_features, data)
        files[FILE], manifest["sending"] = sending.to_files()
        if (teacher.folder / "receiver.onnx").exists():
            files["receiver.onnx"] = (teacher.folder / "receiver.onnx").read_bytes()
            manifest["receiver"] = codec.manifest["receiver"]
    theirs = encode_all(codec.session, data.read_test, len(data.test_labels))
    manifest["measured"] = figures(lesson, session, theirs, data, labelled)
    if labelled:
        manifest["measured"]["teacher"] = measured(codec.speeches, theirs, data.test_labels)
    if int8:
        rows = np.unique(np.linspace(0, len(data.labels) - 1, PICTURES).astype(int)).tolist()
        files[INT8] = quantise(network, data.read(rows))
        manifest["int8"] = {"source": provenance["source"], "data": provenance["data"], "pictures": len(rows)}
        manifest["measured"]["int8"] = figures(lesson, Session(files[INT8], name=INT8), theirs, data, labelled)
    manifest["provenance"] = {**provenance, **circumstances(data, module.global_step, began)}
    write_folder(out, manifest, files)


def figures(
    lesson: Lesson, session: Session, theirs: Float32[np.ndarray, "n units"], data: TrainingData, labelled: bool
) -> dict[str, Any]:
    """What the student reaches on the test split, and how far it says the same as its teacher, with its features."""
    codec, n = lesson.teacher.codec, len(data.test_labels)
    ours = encode_all(session, data.read_test, n)
    agreed = agreement(codec.said, theirs, ours, lesson.mean)
    found: dict[str, Any] = {
        "label_agreement": agreed.label,
        "word_agreement": agreed.word,
        "said_agreement": agreed.said,
        "unit_overlap": agreed.unit_overlap,
        "centred_cosine": agreed.centred_cosine,
    }
    if labelled:
        found |= measured(codec.speeches, ours, data.test_labels)
    if is_of_clusters(codec):
        said = codec.unnamed().said
        heard = said.posterior(said.say(ours)).argmax(axis=1)
        share = np.bincount(heard, minlength=len(codec.manifest["classes"])) / max(1, n)
        found |= {"clusters": share.tolist(), "confidence": codec.manifest["measured"]["confidence"]}
    return {"n": n, **found}
