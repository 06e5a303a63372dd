"""The 1,797 handwritten digits that come with scikit-learn: 8 x 8 pixels, grey, ten classes."""

from __future__ import annotations

import numpy as np

from laconic.data.holdout import hold_out
from laconic.data.spec import Spec
from laconic.data.split import Source, Split
from laconic.data.tables import with_test
from laconic.extras import need

N_TEST = 500
SEED = 0  # of the division; it is part of what `digits` means


def open_digits(spec: Spec) -> Source:
    """Open `digits`: 1,297 to train and 500 to test, stratified; values 0..16 become 0..255.

    Raises:
        LaconicError: scikit-learn is not installed.
    """
    spec.allow("split")
    digits = need("sklearn.datasets", "data").load_digits()
    pictures = np.round(digits.images * (255 / 16)).astype(np.uint8)
    labels = digits.target.astype(np.int64)
    whole = Split("train", pictures, np.arange(len(labels)), labels)
    train, test = hold_out(labels, None, N_TEST / len(labels), np.random.default_rng(SEED))
    splits = {"train": whole.subset(train), "test": whole.subset(test, "test")}
    return Source(spec.text, tuple("0123456789"), with_test(spec.text, splits, spec.options.get("split")))
