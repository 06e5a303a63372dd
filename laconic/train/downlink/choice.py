"""Which of several downlinks to use at each SNR: held-out pictures choose, test pictures measure the choice.

Koh, Noh and Yang, "Group-wise Semantic Splitting Multiple Access", 2025, observe that the best common ratio grows with
the SNR, and leave it there. A base station that knows its users' SNR can keep a network for each ratio.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from laconic.data import Source
from laconic.data.correlated import CorrelatedUsers
from laconic.score.downlink import downlink_points
from laconic.train.downlink.data import cells_to_measure, training_cells
from laconic.train.downlink.folder import DownlinkError, TrainedDownlink
from laconic.train.downlink.way import SnrRangeWarning


def choose_downlink(
    trained: Mapping[str, TrainedDownlink], source: Source, snr_db: Sequence[float], *, n_cells: int = 10, seed: int = 0
) -> list[dict[str, Any]]:
    """For each SNR the mean PSNR of each downlink on held-out and on test pictures, and which one is `chosen`.

    All are measured on the same cells; of equal ones the first is chosen.

    Raises:
        DownlinkError: they were not trained with the same pictures held out, or not for the same users.
    """
    first = next(iter(trained.values()))
    for name, one in trained.items():
        for what, of in _ALIKE.items():
            if of(one) != of(first):
                raise DownlinkError(
                    f"{name} has other {what} than {next(iter(trained))}: a choice is between downlinks alike in that"
                )
    if first.record["provenance"]["data"] != source.split("train").fingerprint:
        raise DownlinkError(f"{source.name} is not what these downlinks were trained on")
    if not first.recipe.validation:
        raise DownlinkError("no pictures were held out to choose by: train with --validation above 0")
    held = training_cells(source, first.preprocessing, first.recipe, first.sharing).held
    assert held is not None  # there is validation
    test, _ = cells_to_measure(source, first.preprocessing, first.recipe.budget, first.sharing, seed)
    found = {
        name: [_psnr(one, replace(cells, seed=seed), n_cells, snr_db, seed) for cells in (held, test)]
        for name, one in trained.items()
    }
    rows = []
    for at, snr in enumerate(snr_db):
        on_held, on_test = ({name: parts[which][at] for name, parts in found.items()} for which in (0, 1))
        best = max(on_held, key=lambda name: on_held[name])
        rows.append({"snr_db": snr, "held_psnr_db": on_held, "chosen": best, "test_psnr_db": on_test})
    return rows


_ALIKE: dict[str, Callable[[TrainedDownlink], object]] = {
    "training data": lambda one: one.record["provenance"]["data"],
    "held-out pictures": lambda one: (one.recipe.seed, one.recipe.validation),
    "users": lambda one: (one.recipe.budget.users, one.sharing),
    "symbols": lambda one: (one.recipe.budget.symbols, one.recipe.budget.accounting),
    "channel": lambda one: (one.recipe.channel, one.recipe.leak),
    "picture size": lambda one: one.preprocessing,
}
"""What a choice is not about."""


def _psnr(
    one: TrainedDownlink, cells: CorrelatedUsers, n_cells: int, snr_db: Sequence[float], seed: int
) -> list[float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SnrRangeWarning)
        points = downlink_points(one.way, cells, n_cells, snr_db, seed=seed, device=one.way.device)
    return [point.psnr_db for point in points]
