r"""What a base station makes of its users' pictures: features of each one's own, and features that a group shares.

Koh, Noh and Yang, "Group-wise Semantic Splitting Multiple Access for Multi-User Semantic Communication", 2025, Table I
and equations (1) to (3). At width 1, three colours and 32 x 32 pixels, the layers are the paper's; where it pools a map
of 8 x 8 or 4 x 4 by 4, a map of any size is pooled here to what that leaves, 2 x 2 or 1 x 1.

```
pictures --SemanticEncoder--> maps z --PrivateEncoder--> p of each user
                                   \--CommonEncoder, group by group--> c of each group
```

With `snr_aware`, which the paper has not, an attention feature module follows each stage.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from laconic.encoder.attention_feature import Stages, attentive
from laconic.encoder.convnext import down
from laconic.encoder.features import EncoderError
from laconic.encoder.stem import Size

HEADS = 4
HALVINGS = 3
"""How often the deepest path halves a picture: twice to the maps, once more to a group's tokens."""


def scaled(channels: int, width: float) -> int:
    """`channels` of the paper's network, times the width multiplier.

    >>> scaled(256, 0.25)
    64

    Raises:
        EncoderError: that is no multiple of the Transformer's four heads, or is below 4.
    """
    wide = channels * width
    if not (wide >= HEADS and wide % HEADS == 0):
        raise EncoderError(f"a width makes {channels} channels a multiple of {HEADS}; {width} makes them {wide:g}")
    return int(wide)


def check_halves(size: Size) -> None:
    """Raise an EncoderError unless both sides, in pixels, halve three times."""
    height, width = size
    if min(size) < 1 or height % 2**HALVINGS or width % 2**HALVINGS:
        raise EncoderError(
            f"pictures are halved {HALVINGS} times, so their sides are multiples of {2**HALVINGS} pixels, "
            f"not {height} x {width}; resize them"
        )


class SemanticEncoder(nn.Module):
    """Pictures to maps z = S(s; beta), equation (1): [256 width] channels, a quarter of the picture's sides.

    Raises:
        EncoderError: sides that don't halve three times, or a width multiplier that leaves no whole heads.
    """

    def __init__(self, channels: int, size: Size, width: float = 1.0, snr_aware: bool = False) -> None:
        super().__init__()
        check_halves(size)
        first, second = scaled(128, width), scaled(256, width)
        self.layers = Stages(
            down(channels, first, 2),
            *attentive(first, snr_aware),
            down(first, second, 3),
            *attentive(second, snr_aware),
        )

    def forward(
        self, pictures: Float[Tensor, "batch channels height width"], snr_db: Float[Tensor, " batch"] | None = None
    ) -> Float[Tensor, "batch units rows columns"]:
        """The maps of pictures, whose values go from 0 to 1; where SNRs matter, `snr_db` is each picture's."""
        maps: Tensor = self.layers(pictures, snr_db)
        return maps


class PrivateEncoder(nn.Module):
    """A map to `length` reals p = FC(MaxPool(z)), of Algorithm 2 and Table I; the map is pooled to 2 x 2."""

    def __init__(self, length: int, width: float = 1.0) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.AdaptiveMaxPool2d(2), nn.Flatten(), nn.Linear(4 * scaled(256, width), length))

    def forward(self, maps: Float[Tensor, "batch units rows columns"]) -> Float[Tensor, "batch length"]:
        """Each picture's private features."""
        features: Tensor = self.layers(maps)
        return features


class CommonEncoder(nn.Module):
    """The maps of a group's users to `length` reals c = f_c({z_k}), equation (3), whatever the users' order.

    Each map becomes one token, a Transformer lets the group's tokens see each other, and their mean is told. The paper
    doesn't say how its tokens become one vector; the mean is the choice made here. Layers normalise first and add
    nothing before they have learnt to: where they normalised last, groups' features were learnt more slowly.
    """

    def __init__(self, length: int, width: float = 1.0, snr_aware: bool = False) -> None:
        super().__init__()
        dim = scaled(512, width)
        stage = down(scaled(256, width), dim, 3)
        self.token = Stages(stage, *attentive(dim, snr_aware), nn.AdaptiveMaxPool2d(1), nn.Flatten())
        layer = nn.TransformerEncoderLayer(dim, HEADS, 4 * dim, dropout=0.0, batch_first=True, norm_first=True)
        for last in (layer.self_attn.out_proj, layer.linear2):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)
        self.group = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.dense = nn.Linear(dim, length)

    def forward(
        self,
        maps: Float[Tensor, "cells users units rows columns"],
        members: Int[Tensor, "cells groups size"],
        snr_db: Float[Tensor, " batch"] | None = None,
    ) -> Float[Tensor, "cells groups length"]:
        """Each group's common features.

        `members` are the numbers of a group's users within their cell, and -1 for the places that a smaller group
        leaves empty (see `laconic.geometry.group_members`). Where SNRs matter, `snr_db` is each user's, cell by cell;
        a token is made for its own user's.
        """
        cells, users = maps.shape[:2]
        tokens: Tensor = self.token(maps.flatten(0, 1), snr_db)
        first_of_cell = users * torch.arange(cells, device=maps.device)[:, None, None]
        empty = (members < 0).flatten(0, 1)
        places = (members.clamp_min(0) + first_of_cell).flatten(0, 1)
        told = self.group(tokens[places], src_key_padding_mask=empty if bool(empty.any()) else None)
        features: Tensor = self.dense(_mean(told, ~empty))
        return features.reshape(cells, -1, features.shape[1])


def _mean(tokens: Float[Tensor, "groups size dim"], real: Bool[Tensor, "groups size"]) -> Float[Tensor, "groups dim"]:
    """The mean over each group's real tokens."""
    weights = real.to(tokens.dtype)[:, :, None]
    return (tokens * weights).sum(1) / weights.sum(1)
