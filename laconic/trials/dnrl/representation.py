"""One encoder, trained once and measured for all: Tables I, III and IV and Figures 3, 5 and 6 of paper 001.

Trials whose arms have the same parameters share these runs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from laconic.report.limits import label_rate
from laconic.score.activity import effective_units, n1, n2, ordered_activity
from laconic.score.dissection import removal_curve
from laconic.score.evaluation import score_speech
from laconic.score.maxamp_k import CLASSIFIERS, maxamp_test
from laconic.trials.trial import Measured, Parameters

if TYPE_CHECKING:
    from laconic.trials.dnrl.encoded import Encoded

KS = (1, 2, 3)
REMOVED = 32  # units, at most, that are silenced one after another
SHOWN = 12  # units whose answers to each class are kept


def representation(parameters: Parameters, seed: int, source: str) -> Measured:
    """What a way of training makes of the units, on test pictures.

    Parameters are `way`, `recipe` and `n_train`, as for `encoded.encode`, and `n_table_4`: how many training pictures
    Table IV's classifiers learn from. It gives

    - `n1`, `n2`, `accuracy` (in %; of the linear classifier of full features), and `activity` over `unit`;
    - over the codes of `encoded.CODES`, `bits` (the paper's formula, in whole bits), `bits_sent` (the mean really
      sent, entropy-coded), `bits_entropy` (of these words), `said` (accuracy in %) and `label_bits` (what a label
      would need for that);
    - over `k`, Table IV's accuracies in % by classifier;
    - over `step`, `removal`: accuracy in % with that many of the most active units silent; and `effective`, with all
      silent but those that N1 counts;
    - `selectivity`, `focus` and `answers`, of the units that N1 counts (see `_answers`).
    """
    from laconic.trials.dnrl.encoded import encode

    found = encode(parameters, seed, source)
    labels = found.data.test_labels
    activity = ordered_activity(found.test)
    return {
        "n1": float(n1(found.test)),
        "n2": n2(found.test),
        "accuracy": 100 * (found.read(found.test) == labels).mean(),
        "unit": np.arange(1, len(activity) + 1).tolist(),
        "activity": activity.tolist(),
        **_said(found),
        **_classified(found, parameters["n_table_4"], seed),
        **_removed(found),
        **_answers(found),
    }


def _said(found: Encoded) -> dict[str, Any]:
    """Table III: every code's bits and accuracy, through real packets."""
    from laconic.trials.dnrl.encoded import CODES

    scores = [score_speech(name, found.speech(name), found.test, found.data.test_labels) for name in CODES]
    return {
        "bits": [math.ceil(score.bits_formula) for score in scores],
        "bits_sent": [score.bits_mean for score in scores],
        "bits_entropy": [score.bits_entropy for score in scores],
        "said": [100 * score.accuracy for score in scores],
        "label_bits": [label_rate(score.accuracy, found.n_classes) for score in scores],
    }


def _classified(found: Encoded, n: int, seed: int) -> dict[str, Any]:
    """Table IV: what six classifiers make of the mere names of the K strongest units."""
    features, labels = found.train[:n], found.data.labels[:n]
    scores = maxamp_test(features, labels, found.test, found.data.test_labels, KS, seed=seed)
    by_name = {name: [100 * s.accuracy for s in scores if s.classifier == name] for name in CLASSIFIERS}
    return {"k": list(KS), **by_name}


def _removed(found: Encoded) -> dict[str, Any]:
    """Figure 6: what is left when the most active units fall silent one by one, and with none but these."""
    counted, labels = effective_units(found.test), found.data.test_labels
    curve = 100 * removal_curve(found.read, found.test, labels, counted[:REMOVED].tolist())
    alone = np.zeros_like(found.test)
    alone[:, counted] = found.test[:, counted]
    return {
        "step": list(range(REMOVED + 1)),
        "removal": np.pad(curve, (0, REMOVED + 1 - len(curve)), mode="edge").tolist(),
        "effective": 100 * (found.read(alone) == labels).mean(),
    }


def _answers(found: Encoded) -> dict[str, Any]:
    """Figure 5: `answers`, the mean response of the SHOWN most active units to each class, unit by unit, over its sum.

    `selectivity` is the largest of a unit's answers, `focus` the part of a picture that half of what excites it comes
    from: both means over the units that N1 counts.
    """
    test, labels = found.test, found.data.test_labels
    own = labels[:, None] == np.arange(found.n_classes)
    counted = effective_units(test)
    mean = (test[:, counted].T @ own.astype(np.float32)) / own.sum(axis=0)
    answers = mean / mean.sum(axis=1, keepdims=True)
    shown = np.zeros((SHOWN, found.n_classes))
    shown[: len(answers)] = answers[:SHOWN]
    return {
        "answers": shown.ravel().tolist(),
        "selectivity": answers.max(axis=1).mean(),
        "focus": np.mean([found.focus(int(unit)) for unit in counted]),
    }
