"""Training a downlink on tiny digits: it learns, repeats itself, and says where it was not trained."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from laconic.data import open_source
from laconic.data.correlated import SAME_VIEW, CorrelatedUsers
from laconic.encoder.features import EncoderError
from laconic.link import AWGN, Rayleigh, SymbolBudget
from laconic.train import DownlinkRecipe, RecipeError, train_downlink
from laconic.train.downlink.splitting import DownlinkTraining
from laconic.train.downlink.way import Cells, DownlinkWay, SnrRangeWarning, step_generator

USERS, GROUPS, SYMBOLS = 6, 3, 16
NARROW = 1 / 32
RECIPE = DownlinkRecipe(
    SymbolBudget.from_ratio(USERS, GROUPS, SYMBOLS, 0.25),
    width=NARROW,
    learning_rate=3e-3,
    steps=60,
    precision="fp32",
)


@pytest.fixture(scope="module")
def cells() -> CorrelatedUsers:
    digits = open_source("digits").split("train")
    pictures = np.stack([digits.pictures[row] for row in range(200)])[..., None]
    return CorrelatedUsers(np.asarray(pictures), 0.9, USERS, GROUPS, labels=digits.labels[:200])


@pytest.fixture(scope="module")
def some(cells: CorrelatedUsers) -> Tensor:
    return Cells(cells)[[*range(4)]][0]


def network(recipe: DownlinkRecipe = RECIPE) -> DownlinkTraining:
    return DownlinkTraining(recipe, 1, (8, 8))


def generator(step: int = 0) -> torch.Generator:
    return step_generator(0, step, torch.device("cpu"))


def weights(way: DownlinkWay) -> Tensor:
    return torch.cat([weights.detach().flatten() for weights in way.parameters()])


def test_it_learns_more_than_the_mean_picture(cells: CorrelatedUsers) -> None:
    recipe = replace(RECIPE, decoder="spatial", width=1 / 16, steps=60, cells=4)
    module = train_downlink(cells, recipe)
    held, _ = Cells(cells)[[*range(1000, 1008)]]
    with torch.no_grad():
        received = module(held, 15.0, generator()).pictures
    sent = held.movedim(-1, 2) / 255
    error = float((received - sent).square().mean())
    assert error < float((sent - sent.mean((0, 1))).square().mean())


def test_the_same_seed_trains_the_same_network(cells: CorrelatedUsers) -> None:
    state = torch.get_rng_state()
    first, second = (weights(train_downlink(cells, replace(RECIPE, steps=2), cells)) for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(weights(network(replace(RECIPE, seed=1))), weights(network()))
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    "recipe",
    [
        replace(RECIPE, decoder="spatial", grouping="random"),
        replace(RECIPE, grouping="pictures"),
        replace(RECIPE, channel=Rayleigh(), leak=0.1),
        replace(RECIPE, budget=SymbolBudget(USERS, 4, SYMBOLS, 4, "per-user")),
        replace(RECIPE, budget=SymbolBudget(USERS, GROUPS, SYMBOLS, 0)),
        replace(RECIPE, budget=SymbolBudget(USERS, 1, SYMBOLS, 6)),
    ],
    ids=["spatial", "pictures", "leaking", "uneven", "private-only", "one-group"],
)
def test_every_arm_delivers_and_every_parameter_of_it_learns(recipe: DownlinkRecipe, some: Tensor) -> None:
    module = network(recipe)
    delivered = module(some, 15.0, generator())
    assert delivered.pictures.shape == (4, USERS, 1, 8, 8)
    assert delivered.common.shape == (4, recipe.budget.groups, 2 * recipe.budget.common)
    sizes = torch.nn.functional.one_hot(delivered.groups, recipe.budget.groups).sum(1)
    assert int(sizes.max() - sizes.min()) == (USERS % recipe.budget.groups != 0)
    parts = module.loss(some, generator())
    parts["loss"].backward()
    assert [name for name, weight in module.named_parameters() if weight.grad is None] == []
    assert ("repulsion" in parts) == (recipe.budget.common > 0 and recipe.budget.groups > 1)


def test_the_loss_is_equation_7(some: Tensor) -> None:
    with torch.no_grad():
        parts = network(replace(RECIPE, repulsion_weight=0.7)).loss(some, generator())
    assert float(parts["loss"]) == pytest.approx(float(parts["reconstruction"] + 0.7 * parts["repulsion"]))


def test_users_whose_pictures_are_alike_are_a_group(cells: CorrelatedUsers) -> None:
    """Whatever the network has learnt; and where all pictures are the same, any groups will do."""
    module = network(replace(RECIPE, grouping="pictures"))
    alike = replace(cells, correlation=1.0, views=SAME_VIEW)
    images, scenes = (torch.from_numpy(np.stack(part)) for part in zip(*(alike.cell(i) for i in range(8)), strict=True))
    groups = module(images, 15.0, generator()).groups
    assert torch.equal(groups[:, :, None] == groups[:, None], scenes[:, :, None] == scenes[:, None])
    same = images[:1, :1].expand(-1, USERS, -1, -1, -1)
    assert torch.bincount(module(same, 15.0, generator()).groups[0]).tolist() == [USERS // GROUPS] * GROUPS


def test_users_hear_their_own_group(some: Tensor) -> None:
    """What one cell's users send changes nothing in another's, and a silent channel delivers the same each time."""
    module = network(replace(RECIPE, snr_db=(200.0, 200.0))).eval()
    changed = some.clone()
    changed[0] = 255 - changed[0]
    with torch.no_grad():
        whole, other = (module(images, 200.0, generator()) for images in (some, changed))
    same = (whole.groups[1:] == other.groups[1:]).all(1)
    assert bool(same.any())
    torch.testing.assert_close(whole.pictures[1:][same], other.pictures[1:][same])
    assert not torch.allclose(whole.pictures[0], other.pictures[0])


def test_warns_outside_the_snrs_that_it_was_trained_at(some: Tensor) -> None:
    for snr_db, used in ((0.0, "0 dB"), (torch.linspace(12, 24, 24).reshape(4, 6), "12 to 24 dB")):
        with pytest.warns(SnrRangeWarning, match=f"trained at 12 to 18 dB, used at {used}; a network trained there"):
            network()(some, snr_db, generator())


def test_refuses_what_it_cannot_train(some: Tensor) -> None:
    with pytest.raises(RecipeError, match="symbols are budgeted for 6 users a cell, not for 5"):
        network()(some[:, :5], 15.0, generator())
    with pytest.raises(EncoderError, match="multiples of 8 pixels, not 28 x 28; resize them"):
        DownlinkTraining(RECIPE, 1, (28, 28))
    with pytest.raises(RecipeError, match=r"from a lower to a higher number of dB, not 18\.0 to 12\.0"):
        replace(RECIPE, snr_db=(18.0, 12.0))
    with pytest.raises(RecipeError, match=r"a learning rate above 0 wanted, not 0\.1 and nan"):
        replace(RECIPE, learning_rate=math.nan)
    assert DownlinkRecipe(RECIPE.budget).channel == AWGN()


def test_a_loss_that_is_not_finite_stops_it(cells: CorrelatedUsers) -> None:
    module = network()
    module.decoder.layers[0].bias.data.fill_(math.nan)  # type: ignore[index, union-attr]
    with pytest.raises(RecipeError, match=r"the loss became nan at step 0; learn at a lower rate"):
        module.training_step(Cells(cells)[[0]])
