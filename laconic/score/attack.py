"""Attacks on a classifier in torch: FGSM and PGD, and Gaussian noise to compare with, at a stated SNR or size.

An attack *before* normalisation takes a module from pictures in [0, 1] to logits and keeps `bounds` at (0, 1). One
*after* normalisation takes the rest of the network, the normalised pictures, and `bounds=None`: their SNR is then of
what the network sees. The rows of Lassance, Gripon and Ortega, "Representing Deep Neural Networks Latent Space
Geometries with Graphs" (2021), Table 3, are FGSM at 33 dB after normalisation; their amplitude is `amplitude`.

The model is attacked in evaluation mode, and left as it was: its modes, its statistics and its gradients.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor, nn

from laconic.score.activity import ScoreError

Bounds: TypeAlias = tuple[float, float] | None
PICTURE: Bounds = (0.0, 1.0)


def amplitude(images: Float[Tensor, "n channels height width"], snr_db: float) -> Float[Tensor, " n"]:
    """The root mean square of a perturbation at `snr_db` to each picture x: ||x||_2 / (sqrt(d) 10^(snr_db / 20)).

    d counts x's values. A picture of zeros has no SNR; its amplitude is 0.
    """
    return images.flatten(1).square().mean(1).sqrt() * 10 ** (-snr_db / 20)


def fgsm(
    model: nn.Module,
    images: Float[Tensor, "n channels height width"],
    labels: Int64[Tensor, " n"],
    eps: Float[Tensor, " sizes"] | float,
    bounds: Bounds = PICTURE,
) -> Float[Tensor, "n channels height width"]:
    """The fast gradient sign method: x + eps sign(dL/dx), L the cross-entropy; clamped to `bounds` if there are any.

    `eps` is one number, or one a picture, as `amplitude(images, snr_db)`. The perturbation then has that SNR where no
    clamp and no gradient of exactly 0 holds a value back (Goodfellow, Shlens and Szegedy, "Explaining and Harnessing
    Adversarial Examples", 2015, Section 4).

    Raises:
        ScoreError: an eps below 0 or not finite, or not one number or one a picture.
    """
    step = _each(eps, images, "eps")
    with _attacked(model):
        gradient = _gradient(model, images, labels)
    return _clamped(images.detach() + step * gradient.sign(), bounds)


def pgd(
    model: nn.Module,
    images: Float[Tensor, "n channels height width"],
    labels: Int64[Tensor, " n"],
    eps: Float[Tensor, " sizes"] | float,
    *,
    steps: int,
    step_size: Float[Tensor, " sizes"] | float,
    generator: torch.Generator | None,
    bounds: Bounds = PICTURE,
) -> Float[Tensor, "n channels height width"]:
    """Projected gradient descent in the L-infinity ball of radius `eps`: `steps` FGSM steps of `step_size`.

    After each step the picture is projected on the ball and clamped to `bounds`. It starts at a uniform draw from the
    ball, or without a generator at the picture itself (Madry et al., "Towards Deep Learning Models Resistant to
    Adversarial Attacks", 2018, Section 2.1).

    Raises:
        ScoreError: no step, or an eps or step size below 0 or not finite, or not one number or one a picture.
    """
    if steps < 1:
        raise ScoreError(f"PGD takes 1 step or more, not {steps}")
    radius, step, clean = _each(eps, images, "eps"), _each(step_size, images, "step_size"), images.detach()
    attacked = clean
    if generator is not None:
        draws = torch.rand(clean.shape, generator=generator, device=clean.device, dtype=clean.dtype)
        attacked = _clamped(clean + radius * (2 * draws - 1), bounds)
    with _attacked(model):
        for _ in range(steps):
            moved = attacked + step * _gradient(model, attacked, labels).sign()
            attacked = _clamped(torch.clamp(moved, clean - radius, clean + radius), bounds)
    return attacked


def gaussian_noise(
    images: Float[Tensor, "n channels height width"],
    sigma: Float[Tensor, " sizes"] | float,
    *,
    generator: torch.Generator,
    bounds: Bounds = None,
) -> Float[Tensor, "n channels height width"]:
    """Each value x becomes x + sigma N(0, 1): no attack, but what an attack of the same SNR is compared with.

    `sigma` is one number, or one a picture, as `amplitude(images, snr_db)`, and is the noise's expected root mean
    square where nothing is clamped (by default nothing is).

    Raises:
        ScoreError: a sigma below 0 or not finite, or not one number or one a picture.
    """
    noise = torch.randn(images.shape, generator=generator, device=images.device, dtype=images.dtype)
    return _clamped(images.detach() + _each(sigma, images, "sigma") * noise, bounds)


def _gradient(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Of the summed loss, so that no picture's share depends on the batch; the parameters' .grad stay untouched."""
    # Tensors made under inference_mode, as Lightning validates, can't enter autograd: hence the clones.
    inputs = images.detach().clone().requires_grad_()
    loss = F.cross_entropy(model(inputs), labels.clone(), reduction="sum")
    return torch.autograd.grad(loss, inputs)[0]


@contextmanager
def _attacked(model: nn.Module) -> Iterator[None]:
    """Evaluation mode with gradients on, whatever surrounds; each module's own mode comes back."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        with torch.inference_mode(False), torch.enable_grad():
            yield
    finally:
        for module in training:
            module.training = True


def _each(size: Tensor | float, images: Tensor, name: str) -> Tensor:
    """The size as a tensor that multiplies each picture, [n, 1, ...] or [1, 1, ...]."""
    each = torch.as_tensor(size, dtype=images.dtype, device=images.device).detach()
    if each.numel() != 1 and each.shape != images.shape[:1]:
        raise ScoreError(f"{name} is one number or one a picture: {len(images)} pictures, shape {tuple(each.shape)}")
    if not bool(((each >= 0) & (each < math.inf)).all()):
        raise ScoreError(f"{name} must be finite and 0 or more, not {each.min().item():g} to {each.max().item():g}")
    return each.reshape(-1, *[1] * (images.ndim - 1))


def _clamped(images: Tensor, bounds: Bounds) -> Tensor:
    return images if bounds is None else images.clamp(*bounds)
