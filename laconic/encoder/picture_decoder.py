"""Received features back to pictures: the paper's decoder, and one that keeps rows and columns apart.

Koh, Noh and Yang, "Group-wise Semantic Splitting Multiple Access for Multi-User Semantic Communication", 2025, Table I
and equation (6). One decoder serves all users: the paper writes one for each, and no user is known before it is seen.
With `snr_aware`, which the paper has not, attention feature modules follow the maps.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from laconic.encoder.attention_feature import Stages, attentive
from laconic.encoder.convnext import blocks, up
from laconic.encoder.downlink import check_halves, scaled
from laconic.encoder.stem import Size

BLOCKS_BETWEEN = 3


class PaperDecoder(nn.Module):
    """[c, p] to pictures through Table I's Dense layer of 512: all that a picture has passes [512 width] numbers.

    These are one column of a map, spread bilinearly to an eighth of the picture's sides (4 x 4 of 32 x 32 pixels),
    from which three transposed convolutions and their blocks make the picture. A sigmoid, which the table doesn't
    name, keeps its values from 0 to 1.

    Raises:
        EncoderError: sides that don't halve three times, or a width multiplier that leaves no whole heads.
    """

    def __init__(self, length: int, channels: int, size: Size, width: float = 1.0, snr_aware: bool = False) -> None:
        super().__init__()
        check_halves(size)
        third, second, first = scaled(512, width), scaled(256, width), scaled(128, width)
        self.layers = Stages(
            nn.Linear(length, third),
            nn.Unflatten(1, (third, 1, 1)),
            nn.Upsample((size[0] // 8, size[1] // 8), mode="bilinear"),
            up(third, second, BLOCKS_BETWEEN),
            *_from_quarter(second, first, channels, snr_aware),
        )

    def forward(
        self, received: Float[Tensor, "batch length"], snr_db: Float[Tensor, " batch"] | None = None
    ) -> Float[Tensor, "batch channels height width"]:
        """Pictures, whose values go from 0 to 1; where SNRs matter, `snr_db` is each picture's."""
        pictures: Tensor = self.layers(received, snr_db)
        return pictures


class SpatialDecoder(nn.Module):
    """[c, p] to pictures without the bottleneck: its Dense layer gives a whole map, [256 width] a place.

    The map has a quarter of the picture's sides (8 x 8 of 32 x 32 pixels); the blocks that follow are
    `PaperDecoder`'s.

    Raises:
        EncoderError: sides that don't halve three times, or a width multiplier that leaves no whole heads.
    """

    def __init__(self, length: int, channels: int, size: Size, width: float = 1.0, snr_aware: bool = False) -> None:
        super().__init__()
        check_halves(size)
        second, first = scaled(256, width), scaled(128, width)
        rows, columns = size[0] // 4, size[1] // 4
        self.layers = Stages(
            nn.Linear(length, second * rows * columns),
            nn.Unflatten(1, (second, rows, columns)),
            *blocks(second, BLOCKS_BETWEEN),
            *_from_quarter(second, first, channels, snr_aware),
        )

    def forward(
        self, received: Float[Tensor, "batch length"], snr_db: Float[Tensor, " batch"] | None = None
    ) -> Float[Tensor, "batch channels height width"]:
        """Pictures, whose values go from 0 to 1; where SNRs matter, `snr_db` is each picture's."""
        pictures: Tensor = self.layers(received, snr_db)
        return pictures


def _from_quarter(second: int, first: int, channels: int, snr_aware: bool) -> list[nn.Module]:
    """From a map of a quarter of the picture's sides to the picture."""
    return [
        *attentive(second, snr_aware),
        up(second, first, BLOCKS_BETWEEN),
        *attentive(first, snr_aware),
        up(first, channels, 2),
        nn.Sigmoid(),
    ]
