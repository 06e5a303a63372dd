"""Where the names of the built-in backbones become networks."""

from __future__ import annotations

import re

from torch import nn

from laconic.encoder.cnn import Cnn
from laconic.encoder.features import EncoderError
from laconic.encoder.resnet import resnet_8, resnet_18, resnet_50
from laconic.encoder.stem import Size

BACKBONES = {"cnn": Cnn, "resnet-8": resnet_8, "resnet-18": resnet_18, "resnet-50": resnet_50}


def build_backbone(name: str, channels: int, size: Size) -> nn.Module:
    """The backbone of that name, newly initialised, for pictures of `size` (height, width).

    A name may end in its width: `cnnw32`, `resnet-18w16`. The width is that of the first stage; without one
    it is 64, and 16 for ResNet-8.

    >>> [parameter.shape[0] for parameter in build_backbone("cnnw8", 1, (8, 8)).parameters()][-1]
    32

    Raises:
        EncoderError: there is no such name.
    """
    match = re.fullmatch(r"(.*?)(?:w([1-9]\d{0,4}))?", name)
    if match is None or match[1] not in BACKBONES:
        raise EncoderError(
            f"an encoder is one of {', '.join(BACKBONES)}, with a width if wanted (resnet-18w16), or "
            f"package.module:name, not {name!r}"
        )
    build = BACKBONES[match[1]]
    return build(channels, size, int(match[2])) if match[2] else build(channels, size)
