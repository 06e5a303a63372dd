"""Attacks: the closed form of a linear model, measured SNR, the ball, and a model that is left as it was."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from laconic.score import ScoreError
from laconic.score.attack import amplitude, fgsm, gaussian_noise, pgd


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def batch(n: int = 16) -> tuple[Tensor, Tensor]:
    return torch.rand(n, 3, 4, 4, generator=seeded()), torch.arange(n) % 3


class Linear(nn.Module):
    """Two logits, 0 and w . x: the cross-entropy of label y in {-1, 1} is softplus(-y w . x)."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(48, generator=seeded(1)))

    def forward(self, images: Tensor) -> Tensor:
        margin = images.flatten(1) @ self.weight
        return torch.stack([torch.zeros_like(margin), margin], 1)


def network() -> nn.Module:
    """A small network that isn't linear, with what has state: batch norm and dropout."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(0.5),
            nn.Linear(128, 3),
        )


def losses(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    with torch.no_grad():
        return F.cross_entropy(model.eval()(images), labels, reduction="none")


def snr_db(clean: Tensor, attacked: Tensor) -> Tensor:
    """Each picture's energy over that of its perturbation, in decibels."""
    return 10 * torch.log10(clean.flatten(1).square().sum(1) / (attacked - clean).flatten(1).square().sum(1))


def test_amplitude_is_the_formula() -> None:
    images, _ = batch()
    expected = [float(image.norm()) / (math.sqrt(48) * 10 ** (33 / 20)) for image in images]
    assert amplitude(images, 33.0).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("attack", ["fgsm", "pgd"])
def test_a_linear_model_loses_all_that_the_ball_allows(attack: str) -> None:
    """max over the ball of softplus(-y w . x) = softplus(-y w . x + eps ||w||_1), Goodfellow et al., Section 5."""
    model, (images, _) = Linear().double(), batch()
    images, labels, eps = images.double(), torch.arange(16) % 2, 0.05
    if attack == "fgsm":
        attacked = fgsm(model, images, labels, eps, bounds=None)
    else:
        attacked = pgd(model, images, labels, eps, steps=8, step_size=0.02, generator=seeded(), bounds=None)
    sign = 2 * labels - 1
    greatest = F.softplus(-sign * (images.flatten(1) @ model.weight) + eps * model.weight.abs().sum())
    assert torch.allclose(losses(model, attacked, labels), greatest, rtol=1e-12)


@pytest.mark.parametrize("label", [0.0, 14.1, 33.0])
def test_fgsm_has_the_snr_of_its_label(label: float) -> None:
    """After normalisation, where nothing is clamped; a linear model has no gradient of 0."""
    images = 2 * batch()[0].double() - 1
    attacked = fgsm(Linear().double(), images, torch.zeros(16, dtype=torch.long), amplitude(images, label), bounds=None)
    assert snr_db(images, attacked).tolist() == pytest.approx([label] * 16)


def test_noise_has_the_snr_of_its_label() -> None:
    """The energy of d Gaussian values errs by sqrt(2 / d) of itself; 4 of them."""
    images = torch.rand(4, 3, 100, 100, generator=seeded())
    noisy = gaussian_noise(images, amplitude(images, 14.1), generator=seeded(1))
    assert snr_db(images, noisy).tolist() == pytest.approx([14.1] * 4, abs=10 * math.log10(1 + 4 * math.sqrt(2 / 3e4)))


def test_before_normalisation_pictures_stay_pictures() -> None:
    model, (images, labels) = network(), batch()
    unbounded = fgsm(model, images, labels, 0.4, bounds=None)
    assert unbounded.min() < 0
    assert unbounded.max() > 1
    for attacked in (
        fgsm(model, images, labels, 0.4),
        pgd(model, images, labels, 0.4, steps=2, step_size=0.3, generator=seeded()),
        gaussian_noise(images, 0.4, generator=seeded(), bounds=(0.0, 1.0)),
    ):
        assert attacked.min() == 0
        assert attacked.max() == 1
    assert torch.equal(fgsm(model, images, labels, 0.4), unbounded.clamp(0, 1))


@pytest.mark.parametrize("eps", [0.1, torch.linspace(0, 0.2, 16)], ids=["one", "one a picture"])
def test_pgd_stays_in_the_ball_and_is_as_strong_as_fgsm(eps: Tensor | float) -> None:
    model, (images, labels) = network(), batch()
    radius = torch.as_tensor(eps).expand(16)
    attacked = pgd(model, images, labels, eps, steps=20, step_size=0.02, generator=seeded())
    assert ((attacked - images).flatten(1).abs().amax(1) <= radius + 1e-6).all()
    once = fgsm(model, images, labels, eps)
    clean, weaker, stronger = (float(losses(model, each, labels).mean()) for each in (images, once, attacked))
    assert clean < weaker <= stronger


def test_one_step_without_a_start_is_fgsm() -> None:
    model, (images, labels) = network(), batch()
    attacked = pgd(model, images, labels, 0.03, steps=1, step_size=0.03, generator=None)
    assert torch.allclose(attacked, fgsm(model, images, labels, 0.03), atol=1e-7)


def test_pgd_starts_where_its_generator_says() -> None:
    model, (images, labels) = network(), batch()
    starts = [pgd(model, images, labels, 0.1, steps=1, step_size=0.0, generator=seeded(seed)) for seed in (1, 1, 2)]
    assert torch.equal(starts[0], starts[1])
    assert not torch.equal(starts[0], starts[2])
    assert not torch.equal(starts[0], images)


def test_the_batch_does_not_matter() -> None:
    """In evaluation mode each picture is attacked by itself; only eps tells the pictures apart."""
    model, (images, labels) = network(), batch()
    alone = torch.cat([fgsm(model, images[i : i + 1], labels[i : i + 1], 0.1) for i in range(16)])
    assert torch.allclose(fgsm(model, images, labels, 0.1), alone)


@pytest.mark.parametrize("frozen", [False, True])
def test_the_model_is_left_as_it_was(frozen: bool) -> None:
    """Gradients, statistics, each module's mode and requires_grad; a frozen model can be attacked too."""
    model, (images, labels) = network().train(), batch()
    model[4].eval()
    model.requires_grad_(not frozen)
    state = {name: value.clone() for name, value in model.state_dict().items()}
    mark = torch.full_like(model[0].weight, 7.0)
    model[0].weight.grad = mark.clone()
    fgsm(model, images, labels, 0.1)
    pgd(model, images, labels, 0.1, steps=2, step_size=0.1, generator=seeded())
    assert torch.equal(model[0].weight.grad, mark)
    assert [p.grad for name, p in model.named_parameters() if name != "0.weight"] == [None] * 5
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert [module.training for module in model.modules()] == [True, True, True, True, True, False, True]
    assert all(p.requires_grad is not frozen for p in model.parameters())


def test_modes_come_back_when_the_model_fails() -> None:
    model, (images, labels) = network().train(), batch()
    with pytest.raises(RuntimeError):
        fgsm(model, images[:, :2], labels, 0.1)
    assert all(module.training for module in model.modules())


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_attacks_where_gradients_are_off(mode) -> None:
    model, (images, labels) = network(), batch()
    expected = fgsm(model, images, labels, 0.1)
    with mode():
        inside = fgsm(model, images.clone(), labels.clone(), 0.1)
        pgd(model, images.clone(), labels.clone(), 0.1, steps=2, step_size=0.1, generator=seeded())
    assert torch.equal(inside, expected)
    assert not inside.requires_grad
    assert not fgsm(model, images.clone().requires_grad_(), labels, 0.1).requires_grad


def test_a_black_picture_has_no_amplitude() -> None:
    black = torch.zeros(2, 3, 4, 4)
    assert torch.equal(fgsm(Linear(), black, torch.tensor([0, 1]), amplitude(black, 33.0)), black)


@pytest.mark.parametrize("eps", [-0.1, math.nan, math.inf])
def test_refuses_sizes_that_are_none(eps: float) -> None:
    model, (images, labels) = network(), batch()
    with pytest.raises(ScoreError, match=f"eps must be finite and 0 or more, not {eps:g}"):
        fgsm(model, images, labels, eps)
    with pytest.raises(ScoreError, match="step_size must be finite"):
        pgd(model, images, labels, 0.1, steps=1, step_size=eps, generator=None)
    with pytest.raises(ScoreError, match="sigma must be finite"):
        gaussian_noise(images, eps, generator=seeded())


def test_refuses_no_step() -> None:
    model, (images, labels) = network(), batch()
    with pytest.raises(ScoreError, match="PGD takes 1 step or more, not 0"):
        pgd(model, images, labels, 0.1, steps=0, step_size=0.1, generator=None)


def test_refuses_sizes_for_other_pictures() -> None:
    model, (images, labels) = network(), batch()
    with pytest.raises(ScoreError, match=r"eps is one number or one a picture: 16 pictures, shape \(3,\)"):
        fgsm(model, images, labels, torch.full((3,), 0.1))
