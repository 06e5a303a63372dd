"""What a receiver can answer from a codec's words, and what from labels: the measure of `ours/tasks`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float32, Float64, Int64

from laconic.codec import Speech
from laconic.data import Source, Split, open_source
from laconic.receiver import likeness, most_alike, odd_one_out
from laconic.receiver.linear import softmax
from laconic.trials.trial import Measured, Parameters

if TYPE_CHECKING:
    from laconic.trials.dnrl.encoded import Encoded

TASKS = ("class", "super-class", "odd one out", "similar pictures", "a class learnt later")
NEAREST, EXAMPLES, TRIPLES, QUERIES = 10, 20, 1000, 500
MOST = 2000  # test pictures, all of which are compared with each other

Message = tuple[Speech, Callable[[np.ndarray], np.ndarray]]
"""How a picture is told: a speech, and what it says of features."""


@dataclass(frozen=True, eq=False)
class Seen:
    """Features and labels of pictures, new classes among them."""

    features: Float32[np.ndarray, "n units"]
    labels: Int64[np.ndarray, " n"]


def answers(parameters: Parameters, seed: int, source: str) -> Measured:
    """For each of TASKS, in %, what is right by `words`, by `label` and by `equal`, with the mean bits of each.

    An encoder learns all classes but the last ones. Its words are MaxAmp's; a label is the class that its classifier
    finds; `equal` names the likeliest classes in about as many bits as the words take. All are heard by the same
    receivers, which know nothing of pictures: class and super-class by counts, the other tasks by likeness alone:

    - odd one out: of three pictures, two of them of one class, 1000 times;
    - similar pictures: the part of the 10 most alike that are of a picture's class;
    - a class learnt later: the part of the pictures of new classes that are told from all others by the words of 20
      examples of each class.

    Parameters are those of `encoded.encode`, `n_new` (how many classes are learnt later) and `super` (of each class,
    its super-class).
    """
    from laconic.trials.dnrl.encoded import encode

    opened = open_source(source)
    n_known = len(opened.class_names) - parameters["n_new"]
    found = encode(parameters, seed, _known(opened, n_known))
    rng = np.random.default_rng(seed)
    examples = _examples(opened.split("train"), rng)
    test = opened.split("test")
    test = test.subset(rng.permutation(len(test))[:MOST])
    seen = Seen(found.features(test), test.labels)
    taught = Seen(found.features(examples), examples.labels)
    messages = _messages(found)
    scores = {
        name: _scores(message, found, seen, taught, np.asarray(parameters["super"]), n_known, seed)
        for name, message in messages.items()
    }
    bits = {
        f"{name}_bits": float(speech.language.bits(speech.say(of(found.test))).mean())
        for name, (speech, of) in messages.items()
    }
    return {**scores, **bits}


def _known(opened: Source, n_known: int) -> Source:
    """The source without its last classes."""
    parts = {name: opened.split(name) for name in ("train", "test")}
    kept = {name: part.subset(np.flatnonzero(part.labels < n_known)) for name, part in parts.items()}
    return replace(opened, class_names=opened.class_names[:n_known], splits=kept)


def _examples(split: Split, rng: np.random.Generator) -> Split:
    """EXAMPLES pictures of each class."""
    order = rng.permutation(len(split))
    rows = [order[split.labels[order] == label][:EXAMPLES] for label in np.unique(split.labels)]
    return split.subset(np.concatenate(rows))


def _messages(found: Encoded) -> dict[str, Message]:
    from laconic.train.budget import code_for
    from laconic.train.tables import make_speech

    def probabilities(features: Float32[np.ndarray, "n units"]) -> Float32[np.ndarray, "n classes"]:
        logits = features @ found.head.weight.T + found.head.bias
        return np.asarray(softmax(logits.astype(np.float64)), np.float32)

    words, label = found.speech("maxamp"), found.speech("decision")
    bits = float(words.language.bits(words.say(found.test)).mean())
    train = (probabilities(found.train), found.data.labels)
    held = (probabilities(found.held), found.data.held_labels)
    equal = make_speech(code_for(bits, train, held, found.data.class_weights), train, held, found.data.class_weights)
    return {"words": (words, np.asarray), "label": (label, np.asarray), "equal": (equal, probabilities)}


def _scores(
    message: Message,
    found: Encoded,
    seen: Seen,
    taught: Seen,
    above: Int64[np.ndarray, " classes"],
    n_known: int,
    seed: int,
) -> list[float]:
    speech, of = message
    alphabet, rng = speech.language.code.alphabet, np.random.default_rng(seed)
    words, heard = speech.say(of(seen.features)), speech.say(of(found.train))
    known = seen.labels < n_known
    posterior = speech.posterior(words[known])
    supers = np.stack([posterior[:, above[:n_known] == kind].sum(axis=1) for kind in np.unique(above)], axis=1)
    later = likeness(words[~known], speech.say(of(taught.features)), alphabet, heard)
    rows = rng.permutation(len(words))[:QUERIES]
    alike = likeness(words[rows], words, alphabet, heard)
    right = [
        posterior.argmax(axis=1) == seen.labels[known],
        np.unique(above)[supers.argmax(axis=1)] == above[seen.labels[known]],
        _odd(likeness(words, words, alphabet, heard), seen.labels, rng),
        _similar(alike, rows, seen.labels, rng),
        most_alike(later + 1e-9 * rng.random(later.shape), taught.labels) == seen.labels[~known],
    ]
    return [100 * float(each.mean()) for each in right]


def _odd(
    alike: Float64[np.ndarray, "n n"], labels: Int64[np.ndarray, " n"], rng: np.random.Generator
) -> Float64[np.ndarray, " triples"]:
    """Whether the odd one of three is found, triple by triple; the odd one stands at any place."""
    right = np.zeros(TRIPLES)
    for i in range(TRIPLES):
        one, other = rng.choice(np.unique(labels), 2, replace=False)
        pair = rng.choice(np.flatnonzero(labels == one), 2, replace=False)
        odd = rng.choice(np.flatnonzero(labels == other))
        rows = rng.permutation([*pair, odd])
        right[i] = rows[odd_one_out(alike[np.ix_(rows, rows)])] == odd
    return right


def _similar(
    alike: Float64[np.ndarray, "queries n"],
    rows: Int64[np.ndarray, " queries"],
    labels: Int64[np.ndarray, " n"],
    rng: np.random.Generator,
) -> Float64[np.ndarray, " queries"]:
    """The part of the NEAREST most alike that share a query's class; equally alike ones are drawn."""
    drawn = alike + 1e-9 * rng.random(alike.shape)
    drawn[np.arange(len(rows)), rows] = -1  # not itself
    nearest = np.argsort(-drawn, axis=1)[:, : min(NEAREST, alike.shape[1] - 1)]
    return np.asarray((labels[nearest] == labels[rows][:, None]).mean(axis=1))
