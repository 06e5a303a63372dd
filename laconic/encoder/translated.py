"""A network that says what it sees in the units of another: the student's, under the teacher's language."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from laconic.encoder.features import output_shape
from laconic.encoder.stem import Size

START = 0.3  # the standard deviation of v before training


class Translated(nn.Module):
    """A backbone and a learnt linear map of its pooled features to `units` units of another encoder.

    ```
    map [batch, wide, rows, columns] --ReLU; average, highest--> [batch, 2 wide]
        --batch norm, linear--> v [batch, units] --> loudness v |v|
    ```

    A backbone that gives [batch, wide] is not pooled; `wide` is kept, for others that read the same. `translate` gives
    v, the signed root of the units: a teacher's features are a product of what is seen and a mask, and the loudest unit
    of one picture may be ten times that of another, which no linear map would follow. The ReLU that makes features of
    it is the encoder's, so that a silent unit still has a gradient in v. `loudness` is the size of the teacher's
    features, which the map then need not learn.
    Batch norm gives the map inputs of length 1, so that a learning rate which suits the backbone suits the map.

    Raises:
        EncoderError: what the backbone gives isn't features.
    """

    loudness: Tensor

    def __init__(self, backbone: nn.Module, channels: int, size: Size, units: int, loudness: float = 1.0) -> None:
        super().__init__()
        self.backbone = backbone
        shape = output_shape(backbone, channels, size)
        self.wide = shape[1] * (2 if len(shape) == 4 else 1)
        norm, linear = nn.BatchNorm1d(self.wide), nn.Linear(self.wide, units)
        nn.init.constant_(norm.weight, self.wide**-0.5)
        nn.init.normal_(linear.weight, std=START)
        self.translate = nn.Sequential(norm, linear)
        self.register_buffer("loudness", torch.tensor(loudness))

    def forward(self, pictures: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch units"]:
        """The units before their ReLU."""
        seen = torch.relu(self.backbone(pictures))
        if seen.ndim == 4:
            seen = torch.cat([seen.mean((2, 3)), seen.amax((2, 3))], dim=1)
        root: Tensor = self.translate(seen)
        return self.loudness * root * root.abs()
