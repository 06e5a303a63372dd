"""What features are like that label variation alone has formed: the measures of `lgg/table-2`, `fig-2` and `fig-a1`.

Paper 003 names neither the graph's neighbours nor the kernel's alpha nor the number of outputs. Here all pictures of a
batch are connected, there are as many outputs as classes, and only their directions count: the loss of free ones falls
by growth alone (docs/decisions/0010). The plane of `fig-a1` alone has free outputs. The loss is a weighted mean over
pairs, not their sum, so that it does not hang on the batch's size. Against cross-entropy its gradient is small at
first, until classes stand apart: it wants many steps, for which small pictures are the cheaper ones.
"""

from __future__ import annotations

from laconic.trials.trial import Measured, Parameters


def separating(parameters: Parameters, seed: int, source: str) -> Measured:
    """One arm: ResNet-18 trained by one loss; errors in percent, by a classifier on its outputs.

    `nearest` is by the nearest training picture (Euclidean), `svm` by an SVM (RBF kernel, C = 1, fitted to the training
    pictures), and of cross-entropy only `argmax`, by the largest output. `mce_...` and `relative_mce_...` of
    each are Hendrycks and Dietterich's mCE and relative mCE in percent of what the network trained by cross-entropy
    with the same seed has by its largest output; which corruptions they leave out is told at
    `laconic.trials.lgg.attacked.against`. `corrupted_...` is the plain mean error over corruptions and severities.

    Parameters are `loss` (cross-entropy or label-variation), `alpha` and `weight` (of the graph's kernel, and of the
    mean over its pairs), `size` (WIDTHxHEIGHT; none for the source's own), `width`, `n_train` (drawn by the seed; 0 for
    all), `phases` (epochs, learning rate), `batch_size`, `augment`, `n_test`, and `n_corrupted`
    (test pictures that are corrupted).
    """
    from laconic.trials.lgg.embedded import measured

    return measured(parameters, seed, source)
