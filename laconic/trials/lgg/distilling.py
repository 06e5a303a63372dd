"""What a small network gains from a large one's geometry: the measure of `lgg/table-1` (paper 003).

Both are wide residual networks as in the code of Lassance, Gripon and Ortega, whose blocks end with their ReLU:
`laconic.encoder.resnet.ResNet` of three stages.
"""

from __future__ import annotations

from laconic.trials.trial import Measured, Parameters


def distilling(parameters: Parameters, seed: int, source: str) -> Measured:
    """One arm: its `error` in percent of the test pictures that are asked, and how it agrees with its teacher.

    `agreement` is in percent: of how many pictures it says the teacher's class, right or wrong;
    `agreement_where_wrong`, the same of those that the teacher gets wrong. `gain` is how many points fewer errors it
    makes than the student alone, of the same seed; `params` is the number of its weights.

    Parameters are `method` (teacher, none, rkd or gkd), `depth` (blocks of each of the three stages), `teacher_width`
    and `width` (of the first stage), `n_train` (drawn by the seed; 0 for all), `phases` (epochs, learning rate),
    `batch_size`, `augment` and `n_test`.
    """
    from laconic.trials.lgg.distilled import measured

    return measured(parameters, seed, source)
