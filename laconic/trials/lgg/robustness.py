"""What smooth variation from layer to layer is worth under attack: the measure of `lgg/table-3` (paper 003).

Networks are pre-activation ResNet-18s, trained as in the code of Lassance, Gripon and Ortega: without augmentation,
batches of 100, SGD in two phases. Attacks are at their strengths. The corruptions are ours, not CIFAR-10-C.
"""

from __future__ import annotations

from laconic.trials.trial import Measured, Parameters


def robustness(parameters: Parameters, seed: int, source: str) -> Measured:
    """One arm: a network trained in one way, and its errors in percent of all test pictures that are asked.

    `clean`; `fgsm_after` and `fgsm_before`: FGSM at 33 dB after normalisation, on what the network sees, and before
    it, on pictures in [0, 1]; `noise`, Gaussian of standard deviation 0.1 on pictures in [0, 1]; `pgd`, 20 steps of
    0.00125 within 0.01 of the picture, from a random start (the step size is ours); `corrupted`, the mean over fifteen
    corruptions in five severities; `train`, on the training pictures. `mce` and `relative_mce` are percent of
    those of the network with the same seed and parameters but neither of the two methods: Hendrycks and Dietterich's
    mCE and relative mCE, over `mce_of` and `relative_of` corruptions. mCE leaves out those under which that network
    never errs, relative mCE those that add less than 2 points to its error, which few pictures can't tell from 0.

    Parameters are `width`, `n_train` (drawn by the seed; 0 for all), `phases` (epochs, learning rate), `gamma` (of
    `laconic.objective.smoothness`; 0 for none), `parseval`, and how many test pictures are asked: `n_test` by clean
    pictures, FGSM and noise, `n_pgd` by PGD, `n_corrupted` by corruptions.
    """
    from laconic.trials.lgg.attacked import measured

    return measured(parameters, seed, source)
