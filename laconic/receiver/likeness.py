"""How alike two words are, for questions that no list of classes answers: find similar pictures, or the odd one out."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64, Int64

from laconic.contract import Symbols
from laconic.language import Alphabet
from laconic.receiver.linear import ReceiverError


def likeness(
    words: Symbols, others: Symbols, alphabet: Alphabet, heard: Symbols | None = None
) -> Float64[np.ndarray, "words others"]:
    """The cosine of each word with each other one, from 0, they name no unit in common, to 1.

    A word stands for its units' levels (of 0 bits: 1 for each unit named), so two words that name the same units as
    loudly are alike, whatever they mean. With `heard`, words of many pictures, a unit counts by how rare it is:
    log((1 + words heard) / (1 + words that name it)), as terms do in texts. A word of silence is like silence alone.

    Raises:
        ReceiverError: levels of 32 bits, which are amplitudes and no levels.
    """
    if alphabet.level_bits == 32:
        raise ReceiverError("words of some units wanted; this code sends all amplitudes: compare features instead")
    weight = np.ones(alphabet.n_units) if heard is None else _rarity(_vectors(heard, alphabet))
    a, b = (_directions(_vectors(each, alphabet) * weight) for each in (words, others))
    silent = np.outer(~a.any(axis=1), ~b.any(axis=1))
    return np.asarray(np.clip(a @ b.T, 0, 1) + silent)


def odd_one_out(alike: Float64[np.ndarray, "n n"]) -> int:
    """Of some pictures the one that is least like the others, by `likeness` of their words; of several the first.

    >>> odd_one_out(np.array([[1, 0.2, 0.9], [0.2, 1, 0.1], [0.9, 0.1, 1]]))
    1
    """
    return int((alike.sum(axis=1) - np.diag(alike)).argmin())


def most_alike(
    alike: Float64[np.ndarray, "words examples"], labels: Int64[np.ndarray, " examples"]
) -> Int64[np.ndarray, " words"]:
    """The class whose examples each word is most like, on average: a class is learnt from a few examples' words.

    >>> most_alike(np.array([[0.9, 0.5, 0.6]]), np.array([3, 3, 8])).tolist()
    [3]
    """
    classes = np.unique(labels)
    own = (labels[:, None] == classes).astype(np.float64)
    return np.asarray(classes[(alike @ (own / own.sum(axis=0))).argmax(axis=1)])


def _vectors(words: Symbols, alphabet: Alphabet) -> Float64[np.ndarray, "words units"]:
    found = np.zeros((len(words), alphabet.n_units))
    loud = words.levels.astype(np.float64) if alphabet.level_bits else np.ones(words.levels.shape)
    np.put_along_axis(found, words.units.astype(np.int64), loud, axis=1)
    return found


def _rarity(heard: Float64[np.ndarray, "words units"]) -> Float64[np.ndarray, " units"]:
    return np.asarray(np.log((1 + len(heard)) / (1 + np.count_nonzero(heard, axis=0))))


def _directions(vectors: Float64[np.ndarray, "n units"]) -> Float64[np.ndarray, "n units"]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1))
