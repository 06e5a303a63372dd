"""Distillation: each loss against its formula in plain numbers, its zeros and symmetries, and each refusal."""

from __future__ import annotations

import math
from itertools import pairwise, permutations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import rel_entr, softmax
from sklearn.metrics.pairwise import cosine_similarity, euclidean_distances
from torch import Tensor

from laconic.geometry import GeometryError, GraphRecipe
from laconic.objective import (
    DistillationError,
    distance_distillation,
    graph_distillation,
    logit_distillation,
)
from laconic.objective.distill import AUTHORS_GRAPH, AUTHORS_WEIGHT

N = 8
LABELS = torch.tensor([0, 0, 1, 1, 2, 2, 0, 1])


def rows(seed: int, *shape: int) -> Tensor:
    return torch.rand(N, *shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def authors_graph(x: Tensor) -> Tensor:
    """Cosine, diagonal 0, D^-1/2 A D^-1/2, with scikit-learn's cosine and full matrices."""
    a = torch.from_numpy(cosine_similarity(x.flatten(1).numpy())) - torch.eye(N).double()
    root = a.sum(1).rsqrt().diag()
    return root @ a @ root


def teachers_mask(x: Tensor, k: int, allowed: Tensor) -> Tensor:
    graph = authors_graph(x)
    mask = torch.zeros(N, N).double()
    for i in range(N):
        others = [j for j in range(N) if allowed[i, j] and i != j]
        for j in sorted(others, key=lambda j: -float(graph[i, j]))[:k]:
            mask[i, j] = mask[j, i] = 1
    return mask


@pytest.mark.parametrize("pairs", ["all", "between", "within"])
@pytest.mark.parametrize("k", [None, 2])
@pytest.mark.parametrize("power", [1, 3])
def test_graphs_are_the_authors_with_the_teachers_edges(pairs: str, k: int | None, power: int) -> None:
    student, teacher = [rows(0, 3), rows(1, 2, 2, 2)], [rows(2, 7), rows(3, 5)]
    same = LABELS[:, None] == LABELS
    allowed = {"all": torch.ones_like(same), "between": ~same, "within": same}[pairs]
    expected = 0.0
    for factor, ours, theirs in zip((0.5, AUTHORS_WEIGHT), student, teacher, strict=True):
        mask = teachers_mask(theirs, k or N, allowed)
        reach, target = (torch.matrix_power(authors_graph(x) * mask, power) for x in (ours, theirs))
        expected += factor * float((reach - target).square().sum())
    recipe = GraphRecipe("cosine", k, "first", pairs=pairs)  # type: ignore[arg-type]
    loss = graph_distillation(student, teacher, recipe, LABELS, (0.5, AUTHORS_WEIGHT), power)
    assert float(loss) == pytest.approx(expected, rel=1e-10)


def test_the_papers_order_normalises_what_the_teachers_edges_leave() -> None:
    ours, theirs, k = rows(0, 3), rows(1, 6), 3
    cosines = [torch.from_numpy(cosine_similarity(x.numpy())) - torch.eye(N).double() for x in (ours, theirs)]
    mask = torch.zeros(N, N).double().scatter_(1, cosines[1].topk(k, dim=1).indices, 1)
    graphs = [c * torch.maximum(mask, mask.T) for c in cosines]
    reach, target = (g.sum(1).rsqrt().diag() @ g @ g.sum(1).rsqrt().diag() for g in graphs)
    loss = graph_distillation([ours], [theirs], GraphRecipe("cosine", k, "last"))
    assert float(loss) == pytest.approx(float((reach - target).square().sum()), rel=1e-10)


def relative_distances(x: Tensor) -> dict[tuple[int, int], float]:
    d = euclidean_distances(x.flatten(1).numpy())
    mean = d[d > 0].mean()
    return {(i, j): d[i, j] / mean for i, j in permutations(range(N), 2)}


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), stretch=st.floats(0.1, 50))
def test_distances_are_compared_by_hubers_loss_over_their_means(seed: int, stretch: float) -> None:
    student, teacher = [rows(seed, 3), rows(seed + 1, 2, 3)], [rows(seed + 2, 6), rows(seed + 3, 2)]
    teacher[1][0] *= stretch  # far from all others: both branches of the Huber loss are met
    expected = 0.0
    for ours, theirs in zip(student, teacher, strict=True):
        s, t = relative_distances(ours), relative_distances(theirs)
        gaps = [abs(s[pair] - t[pair]) for pair in s]
        expected += sum(gap**2 / 2 if gap < 1 else gap - 0.5 for gap in gaps) / len(gaps)
    assert float(distance_distillation(student, teacher)) == pytest.approx(expected, rel=1e-6, abs=1e-12)
    weighted = distance_distillation(student, teacher, (AUTHORS_WEIGHT, AUTHORS_WEIGHT))
    assert float(weighted) == pytest.approx(25 / 3 * expected, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_logits_are_compared_by_scipys_divergence(temperature: float) -> None:
    student, teacher = 5 * rows(0, 4), 5 * rows(1, 4)
    p, q = (softmax(x.numpy() / temperature, axis=1) for x in (teacher, student))
    expected = temperature**2 * rel_entr(p, q).sum(1).mean()
    assert float(logit_distillation(student, teacher, temperature)) == pytest.approx(expected, rel=1e-10)


def test_hot_logits_become_a_squared_difference() -> None:
    """Hinton's limit: t^2 KL tends to |s - t|^2 / (2 C) for logits of mean 0; so gradients keep their size."""
    student, teacher = (rows(seed, 4) - rows(seed, 4).mean(1, keepdim=True) for seed in (0, 1))
    limit = float((student - teacher).square().sum(1).mean()) / 8
    gaps = [abs(float(logit_distillation(student, teacher, t)) - limit) for t in (10.0, 100.0, 1000.0)]
    assert all(later < earlier / 5 for earlier, later in pairwise(gaps))


def test_a_copy_of_the_teacher_loses_nothing_and_scale_and_turns_are_free() -> None:
    teacher = rows(0, 5)
    turned = 3 * teacher @ torch.linalg.qr(rows(1, 5)[:5]).Q
    for loss in (graph_distillation, distance_distillation):
        assert float(loss([turned], [teacher])) == pytest.approx(0, abs=1e-12)
        assert float(loss([rows(2, 5)], [teacher])) > 1e-4
    assert float(logit_distillation(teacher + 2, teacher)) == pytest.approx(0, abs=1e-12)


def test_gradients_reach_the_student_alone() -> None:
    student, teacher = rows(0, 2).requires_grad_(), rows(1, 2).requires_grad_()
    recipe = GraphRecipe("cosine", 3, "first")
    for loss in (
        lambda s: graph_distillation([s], [teacher], recipe),
        lambda s: distance_distillation([s], [teacher]),
        lambda s: logit_distillation(s, teacher),
    ):
        assert torch.autograd.gradcheck(loss, (student,))
        assert torch.autograd.grad(loss(student), (student, teacher), allow_unused=True)[1] is None


def test_equal_pictures_have_finite_gradients() -> None:
    twins = rows(0, 3)
    twins[1] = twins[0]
    student = twins.clone().requires_grad_()
    for loss in (graph_distillation, distance_distillation):
        (gradient,) = torch.autograd.grad(loss([student], [rows(1, 4)]), student)
        assert bool(gradient.isfinite().all())


def test_refuses_layers_that_do_not_pair() -> None:
    x = rows(0, 3)
    text = "equally many, 1 or more; they are {}, {} and {}"
    for loss in (graph_distillation, distance_distillation):
        with pytest.raises(DistillationError, match=text.format(2, 1, 1)):
            loss([x, x], [x])
        with pytest.raises(DistillationError, match=text.format(0, 0, 0)):
            loss([], [])
        with pytest.raises(DistillationError, match=text.format(1, 1, 2)):
            loss([x], [x], weights=(1.0, 1.0))


@pytest.mark.parametrize("whose", ["student", "teacher"])
def test_refuses_pictures_that_are_all_alike(whose: str) -> None:
    layers = {"student": [rows(0, 3)], "teacher": [rows(1, 3)]}
    layers[whose] = [torch.ones(N, 3).double()]
    with pytest.raises(DistillationError, match=f"all 8 pictures are alike in a layer of the {whose}"):
        distance_distillation(layers["student"], layers["teacher"])


def test_refuses_powers_temperatures_zero_maps_and_too_many_neighbours() -> None:
    x = rows(0, 3)
    with pytest.raises(DistillationError, match="power of a graph is 1 or more, not 0"):
        graph_distillation([x], [x], power=0)
    for temperature in (0.0, math.nan):
        with pytest.raises(DistillationError, match=f"temperature must be above 0 .*, not {temperature}"):
            logit_distillation(x, x, temperature)
    with pytest.raises(GeometryError, match="8 of 8 vectors are zero"):
        graph_distillation([x * 0], [x])
    with pytest.raises(GeometryError, match="8 neighbours of each in a batch of 8"):
        graph_distillation([x], [x], GraphRecipe(neighbours=8))


def test_the_authors_graph_has_all_pairs_but_the_diagonal() -> None:
    assert GraphRecipe("cosine", None, "first", loops=False, pairs="all") == AUTHORS_GRAPH
