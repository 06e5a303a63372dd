"""What several real nodes said of events whose class is known, and what a codec learns from it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int64, Shaped

from laconic.codec.codec import Codec
from laconic.codec.folder import update_folder
from laconic.codec.fusing import FILE, Fusing
from laconic.codec.teach import TUNING, TeachError, fresh_pictures
from laconic.data import Source, Split, hold_out, load
from laconic.receiver import Fusion, Heard, calibrate, fused_predictions, gather

HELD = 0.5  # of the events are not learnt from: they calibrate the bound, and measure


@dataclass(frozen=True, eq=False)
class Events:
    """Labelled events as the centre hears of them.

    `n_known` events were left out because training saw a picture of theirs, `n_unreadable` pictures can't be read.
    """

    heard: Heard
    labels: Int64[np.ndarray, " events"]
    groups: Int64[np.ndarray, " events"] | None
    n_known: int = 0
    n_unreadable: int = 0

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows: Int64[np.ndarray, " some"]) -> Events:
        """Some of them, by their numbers."""
        groups = None if self.groups is None else self.groups[rows]
        return Events(self.heard[rows], self.labels[rows], groups, self.n_known, self.n_unreadable)


def fuse_codec(
    folder: Path, codec: Codec, source: Source, max_error: float | None = None, confidence: float = 0.95, seed: int = 0
) -> tuple[Fusing, Events, int]:
    """Teach the codec in `folder` how far its nodes can be trusted, and how much they say twice; write it anew.

    From one half of the events of the training split of `source` fusion is learnt. With `max_error`, the confidence
    from which an event is decided is found on a part of the others. Groups stay on one side. Gives what was learnt,
    the events that fusion was not learnt from, to measure it on, and the number of those that it was.

    Raises:
        TeachError: a source that doesn't tell events or nodes, or contradicts itself; or as for `calibrate_codec`.
        FusionError: a node twice in an event, or events from which nothing can be learnt.
        CalibrationError: too few events to show `max_error`.
        CodecError: the folder can't be written.
    """
    events = read_events(folder, codec, source)
    rng = np.random.default_rng([seed, 2])
    learnt, held = hold_out(events.labels, events.groups, HELD, rng)
    fusion = Fusion.fit(events.heard[learnt], events.labels[learnt], rng)
    others = events[held]
    guarantee = None
    if max_error is not None:
        fused = fused_predictions(fusion.posterior(others.heard), others.labels, others.groups)
        test, tune = hold_out(others.labels, others.groups, TUNING, rng)
        guarantee = asdict(calibrate(fused[test], fused[tune], codec.classes, max_error, confidence, rng=rng))
    fusing = Fusing(fusion, guarantee)
    content, record = fusing.to_files()
    update_folder(folder, {"fusion": record}, {FILE: content})
    return fusing, others, len(learnt)


def read_events(folder: Path, codec: Codec, source: Source) -> Events:
    """What each node would say of each event in the training split of `source`, said and sent alike.

    Raises:
        TeachError, FusionError: as for `fuse_codec`.
    """
    if source.class_names != codec.classes:
        raise TeachError(
            f"this codec knows the classes {', '.join(codec.classes[:5])}, ...; {source.name} has others: fuse on "
            "labelled pictures of the same classes (an unlabelled codec is named first: laconic name)"
        )
    split = source.split("train")
    event, node = _told(source, split)
    loaded = load(split, codec.preprocessing)
    seen = event[loaded.rows]
    known = np.unique(seen[~fresh_pictures(folder, loaded, source.name)])
    rows = np.flatnonzero(~np.isin(seen, known))
    kept = loaded.rows[rows]
    meanings = codec.understand(codec.messages(loaded.images[rows]))
    posterior: Float64[np.ndarray, "n classes"]
    posterior = np.array([meaning.probabilities for meaning in meanings]).reshape(len(rows), len(codec.classes))
    names = tuple(sorted(set(node[kept].tolist())))
    heard, _ = gather(names, event[kept], node[kept].tolist(), posterior)
    if not (heard.present.sum(axis=1) > 1).any():
        raise TeachError(f"no event of {source.name} is seen by two nodes: there is nothing to fuse")
    first = kept[np.unique(event[kept], return_index=True)[1]]  # a picture of each event, in the order of `gather`
    groups = None if split.groups is None else split.groups[first]
    return Events(heard, split.labels[first], groups, len(known), len(loaded.failures))


def _told(source: Source, split: Split) -> tuple[Int64[np.ndarray, " n"], Shaped[np.ndarray, " n"]]:
    """The event and the node of each picture, once they contradict neither groups nor labels nor the test split."""
    for option, told in (("event", split.events), ("node", split.nodes)):
        if told is None:
            raise TeachError(f"{source.name} doesn't tell the {option} of each picture: say what does, {option}=...")
    assert split.events is not None
    assert split.nodes is not None
    for what, numbers in (("group", split.groups), ("class", split.labels)):
        if numbers is not None:
            _check_one(source.name, split.events, numbers, what)
    test = source.splits.get("test", split)
    both = np.intersect1d(split.events, test.events) if test is not split and test.events is not None else np.zeros(0)
    if len(both):
        raise TeachError(f"{len(both)} events of {source.name} stand in train and test, which would flatter a test")
    return split.events, split.nodes


def _check_one(name: str, events: Int64[np.ndarray, " n"], numbers: Int64[np.ndarray, " n"], what: str) -> None:
    """Refuse events whose pictures have several numbers of something."""
    pairs = np.unique(np.stack([events, numbers], axis=1), axis=0)
    event, times = np.unique(pairs[:, 0], return_counts=True)
    if (times > 1).any():
        row = int(np.flatnonzero(events == event[times > 1][0])[0])
        raise TeachError(
            f"{int((times > 1).sum())} of {len(event)} events of {name} have pictures of more than one {what} (such as "
            f"row {row}'s): an event is of one {what}; is event= the right column?"
        )
