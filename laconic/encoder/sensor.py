"""Pictures as a noisy sensor takes them, on their own device: what `laconic.data.sensor` does, for training."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def sensor_noise(
    pictures: Float[Tensor, "batch channels height width"], snr_db: tuple[float, float], generator: torch.Generator
) -> Float[Tensor, "batch channels height width"]:
    """White Gaussian noise, each picture's at an SNR drawn evenly, in dB, from a range; in the same memory format.

    SNR is the mean of a picture's squared values over the noise's variance. As a sensor's counter does, the values
    from 0 to 1 are rounded to 255ths and clipped. All randomness is drawn from `generator`, on its device.
    """
    low, high = snr_db
    drawn = torch.rand(len(pictures), generator=generator, device=generator.device).to(pictures)
    ratio = 10 ** (-(low + (high - low) * drawn) / 10)
    deviation = (pictures.square().mean((1, 2, 3)) * ratio).sqrt()
    noise = torch.randn(pictures.shape, generator=generator, device=generator.device).to(pictures)
    noisy = torch.addcmul(pictures, noise, deviation[:, None, None, None])
    return noisy.mul_(255).round_().clamp_(0, 255).div_(255)
