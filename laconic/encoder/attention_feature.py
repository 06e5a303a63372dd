"""Networks that are told the SNR: attention feature modules, by which one network serves all SNRs of a range.

Xu, Ai, Chen, Yang, Sun and Rodrigues, "Wireless Image Transmission Using Deep Source Channel Coding With Attention
Modules", 2022 (ADJSCC), Section III-B: the mean of each channel of a map and the SNR become factors from 0 to 1, by
which the channels are scaled. Both ends know the SNR.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from laconic.encoder.features import EncoderError

NARROWER = 16
"""Channels over hidden units: theirs are 256 over 16."""

DECADE_DB = 10.0
"""The network is told the SNR in tens of dB, for numbers about as large as features; theirs is told dB."""


class AttentionFeature(nn.Module):
    """x scaled, channel by channel, by sigmoid(FC(ReLU(FC([mean of x over places, SNR]))))."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = max(4, channels // NARROWER)
        self.factors = nn.Sequential(
            nn.Linear(channels + 1, hidden), nn.ReLU(), nn.Linear(hidden, channels), nn.Sigmoid()
        )

    def forward(
        self, x: Float[Tensor, "batch channels rows columns"], snr_db: Float[Tensor, " batch"]
    ) -> Float[Tensor, "batch channels rows columns"]:
        """The map, each channel by its factor; `snr_db` is each picture's."""
        context = torch.cat([x.mean((2, 3)), snr_db[:, None].to(x.dtype) / DECADE_DB], dim=1)
        scaled: Tensor = x * self.factors(context)[:, :, None, None]
        return scaled


class Stages(nn.Sequential):
    """Layers in a row, of which attention feature modules are told the SNR and others are not."""

    def forward(self, x: Tensor, snr_db: Float[Tensor, " batch"] | None = None) -> Tensor:
        """The last layer's output.

        Raises:
            EncoderError: there are attention feature modules and no SNR.
        """
        for layer in self:
            if not isinstance(layer, AttentionFeature):
                x = layer(x)
            elif snr_db is None:
                raise EncoderError("this network is told the SNR of each picture; give snr_db")
            else:
                x = layer(x, snr_db)
        return x


def attentive(channels: int, snr_aware: bool) -> list[nn.Module]:
    """What follows a stage: an attention feature module, or nothing."""
    return [AttentionFeature(channels)] if snr_aware else []
