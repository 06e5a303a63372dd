"""The smoothness regulariser against its formula with full matrices, and what it costs and refuses."""

from __future__ import annotations

import pytest
import torch
from sklearn.metrics.pairwise import cosine_similarity
from torch import Tensor, nn

from benchmarks import smoothness as benchmark
from laconic.encoder.resnet import resnet_8
from laconic.geometry import GeometryError, GraphRecipe, OneClassWarning, recorded_maps
from laconic.objective import SmoothnessError, layer_variations, smoothness

LABELS = torch.arange(9) % 3


def maps(seed: int = 0) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.rand(9, *shape, generator=generator, dtype=torch.float64) for shape in ((2, 4, 4), (4, 2, 2), (5,), (3,))
    ]


def full_matrices(each: Tensor, power: int) -> float:
    a = torch.from_numpy(cosine_similarity(each.flatten(1).numpy()))
    v = nn.functional.one_hot(LABELS).double()
    l_m = torch.linalg.matrix_power(torch.diag(a.sum(1)) - a, power)
    return float((v.T @ l_m @ v).trace())


@pytest.mark.parametrize("power", [1, 2, 3])
@pytest.mark.parametrize("gamma", [0.01, 0.5])
def test_it_is_the_authors_formula(power: int, gamma: float) -> None:
    s = [full_matrices(each, power) for each in maps()]
    expected = gamma**power * sum(abs(s[i + 1] - s[i]) for i in range(3)) / 3
    assert float(smoothness(maps(), LABELS, gamma, power)) == pytest.approx(expected, rel=1e-9)
    assert layer_variations(maps(), LABELS, power).tolist() == pytest.approx(s, rel=1e-9)


def test_equal_layers_lose_nothing_and_the_order_of_layers_counts() -> None:
    one, two, three, _ = maps()
    assert float(smoothness([one, 7 * one, one.flatten(1)], LABELS)) == pytest.approx(0, abs=1e-12)
    steps = smoothness([one, two, one, three], LABELS), smoothness([one, one, two, three], LABELS)
    assert float(steps[0]) != pytest.approx(float(steps[1]))
    backwards = smoothness([three, two, one], LABELS)
    assert float(backwards) == pytest.approx(float(smoothness([one, two, three], LABELS)))


def test_gradients() -> None:
    labels, recipe = LABELS[:5], GraphRecipe("cosine", 3, loops=True)
    inputs = [each.flatten(1)[:5, :2].clone().requires_grad_() for each in maps()[:2]]
    assert torch.autograd.gradcheck(lambda *x: smoothness(list(x), labels, 0.5), inputs)
    assert torch.autograd.gradcheck(lambda *x: smoothness(list(x), labels, 0.5, recipe=recipe), inputs)


def test_a_network_learns_from_it_through_its_recorded_maps() -> None:
    torch.manual_seed(0)
    network, x = resnet_8(1, (8, 8), 4), torch.rand(9, 1, 8, 8)

    def loss() -> Tensor:
        with recorded_maps(network, ["stem", "blocks.0", "blocks.1", "blocks.2"]) as recorded:
            network(x)
        return smoothness(recorded, LABELS)

    optimizer = torch.optim.SGD(network.parameters(), 1.0)
    before = float(loss().detach())
    for _ in range(10):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
    assert float(loss().detach()) < before / 2


def test_one_class_gives_zero_and_one_warning() -> None:
    with pytest.warns(OneClassWarning, match="of class 2: its label variation is 0") as warned:
        assert float(smoothness(maps(), torch.full((9,), 2))) == pytest.approx(0, abs=1e-12)
    assert len(warned) == 1


def test_refuses_a_single_layer_and_what_has_no_graph() -> None:
    for few in ([], maps()[:1]):
        with pytest.raises(SmoothnessError, match=f"give the maps of 2 or more, not of {len(few)}"):
            smoothness(few, LABELS)
    with pytest.raises(GeometryError, match="vectors are zero"):
        smoothness([maps()[0], maps()[1] * 0], LABELS)
    with pytest.raises(GeometryError, match="power is 1 or more, not 0"):
        smoothness(maps(), LABELS, power=0)


def test_the_benchmark_has_17_maps_none_below_zero() -> None:
    network, x = benchmark.network(2, 8), torch.rand(3, 3, 8, 8)
    with recorded_maps(network, benchmark.LAYERS) as recorded:
        network(x)
    assert len(recorded) == 17
    assert all(bool((each >= 0).all()) for each in recorded)
