"""What a finished codec can still be taught from labelled pictures: names for its clusters, limits for what it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int64

from laconic.codec.codec import Codec
from laconic.codec.folder import CodecError, update_folder
from laconic.codec.limits import Limits
from laconic.codec.naming import Naming
from laconic.codec.overlap import trained_on
from laconic.codec.sending import FILE, Examples, Sending
from laconic.data import Loaded, Source, hold_out, load, of_pictures
from laconic.data.look import looks, usual_looks
from laconic.receiver.unknown import Prototypes

TUNING = 0.3  # of the pictures fix the order of thresholds, the others test them


class TeachError(CodecError):
    """Pictures from which a codec can't be taught."""


def name_clusters(folder: Path, codec: Codec, source: Source, examples: int | None, seed: int) -> Naming:
    """Name the clusters of the codec in `folder` by the training split of `source`, and write it anew.

    `examples` pictures of each class are drawn; None takes them all. Packets and nodes stay as they are. What
    calibration found was of the older names, and is forgotten.

    Raises:
        TeachError: the codec says classes, or the source has none.
        CodecError: the folder can't be written.
    """
    if "clusters" not in codec.manifest.get("measured", {}):
        raise TeachError("this codec says classes that it was trained for; only an unlabelled codec's can be named")
    if not source.labelled:
        raise TeachError(f"{source.name} has no labels to name clusters by")
    split = source.split("train")
    chosen = split.subset(_some_of_each(split.labels, examples, np.random.default_rng(seed)))
    loaded = load(chosen, codec.preprocessing)
    plain = codec.unnamed()
    clusters = plain.said.posterior(plain.said.say(plain.features(loaded.images))).argmax(axis=1)
    naming = Naming.fit(source.class_names, clusters, chosen.labels[loaded.rows], len(codec.manifest["classes"]))
    update_folder(folder, {"names": naming.record(), "sending": None, "fusion": None})  # other names, other errors
    return naming


def calibrate_codec(folder: Path, codec: Codec, source: Source, limits: Limits) -> tuple[Sending, int]:
    """Find on the training split of `source` what the codec in `folder` may say, and write it anew.

    Also gives how many of its pictures were left out because the codec was trained on them. One part of the others
    fixes the order of thresholds, the rest tests them; groups stay on one side.

    Raises:
        TeachError: the source's classes are not the codec's, or the codec was trained on most of the pictures.
        CalibrationError: too few pictures, or none that could show the limits.
        CodecError: the folder can't be written.
    """
    pictures = of_pictures(codec.preprocessing, "Saying a picture or sending it")
    if source.class_names != codec.classes:
        raise TeachError(
            f"this codec knows the classes {', '.join(codec.classes[:5])}, ...; {source.name} has others: calibrate on "
            "labelled pictures of the same classes (an unlabelled codec is named first: laconic name)"
        )
    split = source.split("train")
    loaded = load(split, codec.preprocessing)
    fresh = fresh_pictures(folder, loaded, source.name)
    labels = split.labels[loaded.rows][fresh]
    groups = None if split.groups is None else split.groups[loaded.rows][fresh]
    limits.check(labels, groups, codec.classes)
    features, seen = codec.features(loaded.images[fresh]), looks(loaded.images[fresh])
    test, tune = hold_out(labels, groups, TUNING, np.random.default_rng([limits.seed, 1]))
    tuning, calibration = (
        Examples(features[rows], labels[rows], None if groups is None else groups[rows], seen[rows])
        for rows in (tune, test)
    )
    if codec.sending:
        prototypes = codec.sending.prototypes.limited(tuning.features)
    else:  # the limit is a quantile of pictures that are no prototypes themselves
        prototypes = Prototypes.fit(tuning.features[::2], tuning.labels[::2], limits.seed)
        prototypes = prototypes.limited(tuning.features[1::2])
    sending = limits.calibrated(
        codec.said,
        codec.speeches["full"],
        codec.classes,
        prototypes,
        limits.coder(pictures),
        tuning,
        calibration,
        codec.sending.usual if codec.sending is not None else usual_looks(tuning.looks),
    )
    content, record = sending.to_files()
    update_folder(folder, {"sending": record, "fusion": None}, {FILE: content})  # other messages, other evidence
    return sending, int((~fresh).sum())


def fresh_pictures(folder: Path, loaded: Loaded, name: str) -> Bool[np.ndarray, " n"]:
    """Which pictures the training of the codec in `folder` did not see.

    Raises:
        TeachError: it saw most of them.
    """
    known = trained_on(folder, loaded.images)
    if known.mean() > 0.5:
        raise TeachError(
            f"{int(known.sum())} of {len(known)} training pictures of {name} are those that the codec was trained on: "
            "on them it errs less than on others, and no bound would hold; calibrate on other labelled pictures"
        )
    return ~known


def _some_of_each(
    labels: Int64[np.ndarray, " n"], examples: int | None, rng: np.random.Generator
) -> Int64[np.ndarray, " some"]:
    """So many rows of each class, drawn at random."""
    if examples is None:
        return np.arange(len(labels))
    shuffled = rng.permutation(len(labels))
    rows = [shuffled[labels[shuffled] == label][:examples] for label in np.unique(labels)]
    return np.sort(np.concatenate(rows))
