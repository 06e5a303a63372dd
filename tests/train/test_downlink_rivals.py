"""Rivals that share nothing: they learn as the downlink does, and deliver what follows from a user's own picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from laconic.data import open_source
from laconic.data.correlated import SAME_VIEW, CorrelatedUsers
from laconic.link import SymbolBudget
from laconic.train import DownlinkRecipe, train_downlink
from laconic.train.downlink.rivals import deep_jscc_way, vit_way
from laconic.train.downlink.run import Build
from laconic.train.downlink.way import step_generator
from laconic.train.recipe import RecipeError

USERS, SYMBOLS = 6, 16
RECIPE = DownlinkRecipe(
    SymbolBudget(USERS, 3, SYMBOLS, 0), width=1 / 32, learning_rate=1e-2, steps=30, cells=2, validation=0.0, seed=1
)
WAYS = {"vit": vit_way, "deep-jscc": deep_jscc_way}


@pytest.fixture(scope="module")
def cells() -> CorrelatedUsers:
    digits = open_source("digits").split("train")
    pictures = np.stack([digits.pictures[row] for row in range(200)])[..., None]
    return CorrelatedUsers(np.asarray(pictures), 0.0, USERS, 1, SAME_VIEW)


def sent(cells: CorrelatedUsers) -> torch.Tensor:
    return torch.from_numpy(np.stack([cells.cell(number)[0] for number in range(1000, 1004)]))


@pytest.mark.parametrize("build", WAYS.values(), ids=WAYS)
def test_learns_repeats_and_shares_nothing(build: Build, cells: CorrelatedUsers) -> None:
    images, generator = sent(cells), lambda: step_generator(0, 0, torch.device("cpu"))
    target = images.movedim(-1, 2) / 255
    state = torch.get_rng_state()
    way, again = (train_downlink(cells, RECIPE, build=build) for _ in range(2))
    untrained = build(RECIPE, 1, (8, 8)).eval()
    assert torch.equal(torch.get_rng_state(), state)
    with torch.no_grad():
        one, two, begun = (each(images, 15.0, generator()) for each in (way, again, untrained))
    assert torch.equal(one.pictures, two.pictures)
    assert one.common.shape == (4, 3, 0)
    error, before = (float((each.pictures - target).square().mean()) for each in (one, begun))
    assert error < before


@pytest.mark.parametrize("build", WAYS.values(), ids=WAYS)
def test_delivers_from_a_users_own_picture_alone(build: Build, cells: CorrelatedUsers) -> None:
    recipe = replace(RECIPE, snr_db=(200.0, 200.0))
    images = sent(cells)
    changed = images.clone()
    changed[0, 0] = 255 - changed[0, 0]
    way = build(recipe, 1, (8, 8)).eval()
    with torch.no_grad():
        before, after = (
            way(each, 200.0, step_generator(0, 0, torch.device("cpu"))).pictures for each in (images, changed)
        )
    moved = (before - after).abs().amax((2, 3, 4))
    assert float(moved[0, 0]) > 100 * float(moved.flatten()[1:].max())


def test_refuses_what_it_does_not_do() -> None:
    with pytest.raises(RecipeError, match="sends all symbols to one user each; share 0, not 4"):
        vit_way(replace(RECIPE, budget=SymbolBudget(USERS, 3, SYMBOLS, 4)), 1, (8, 8))
    for more in ({"classify": 1.0}, {"snr_aware": True}):
        with pytest.raises(RecipeError, match="leave classify and snr_aware out"):
            deep_jscc_way(replace(RECIPE, **more), 1, (8, 8))
