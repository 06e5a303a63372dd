"""Deep joint source-channel coding as it began: five convolutions to the symbols, five back, nothing between them.

Bourtsoulatze, Kurka and Gunduz, "Deep Joint Source-Channel Coding for Wireless Image Transmission", 2019, Fig. 3. The
reals of a picture are a map of a quarter of its sides, whose channels are as many as the symbols allow.
"""

from __future__ import annotations

from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn

from laconic.encoder.features import EncoderError
from laconic.encoder.stem import Size

KERNEL, FIRST, REST = 5, 16, 32


class JsccEncoder(nn.Module):
    """Pictures to `length` reals, which the link then scales to unit power, as their normalisation layer does.

    Raises:
        EncoderError: sides that aren't multiples of four pixels, or a length that a map's places can't share evenly.
    """

    def __init__(self, length: int, channels: int, size: Size) -> None:
        super().__init__()
        told = depth(size, length)
        widths = (channels, FIRST, REST, REST, REST, told)
        layers: list[nn.Module] = []
        for stage, (before, after) in enumerate(pairwise(widths)):
            layers += [nn.Conv2d(before, after, KERNEL, 2 if stage < 2 else 1, KERNEL // 2), nn.PReLU()]
        self.layers = nn.Sequential(*layers, nn.Flatten())

    def forward(self, pictures: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch length"]:
        """What is sent of each picture, whose values go from 0 to 1."""
        reals: Tensor = self.layers(pictures)
        return reals


class JsccDecoder(nn.Module):
    """`length` received reals to pictures, whose values go from 0 to 1.

    Raises:
        EncoderError: as of `JsccEncoder`.
    """

    def __init__(self, length: int, channels: int, size: Size) -> None:
        super().__init__()
        told = depth(size, length)
        widths = (told, REST, REST, REST, FIRST, channels)
        layers: list[nn.Module] = [nn.Unflatten(1, (told, size[0] // 4, size[1] // 4))]
        for stage, (before, after) in enumerate(pairwise(widths)):
            doubles = stage >= 3
            layers.append(
                nn.ConvTranspose2d(before, after, KERNEL, 1 + doubles, KERNEL // 2, output_padding=int(doubles))
            )
            layers.append(nn.PReLU() if stage < 4 else nn.Sigmoid())
        self.layers = nn.Sequential(*layers)

    def forward(self, received: Float[Tensor, "batch length"]) -> Float[Tensor, "batch channels height width"]:
        """The pictures."""
        pictures: Tensor = self.layers(received)
        return pictures


def depth(size: Size, length: int) -> int:
    """The channels of the map that is sent: theirs is 16 for 512 symbols of a 32 x 32 picture, their k/n = 1/6.

    >>> depth((32, 32), 1024)
    16

    Raises:
        EncoderError: as of `JsccEncoder`.
    """
    height, width = size
    if min(size) < 4 or height % 4 or width % 4:
        raise EncoderError(
            f"pictures are halved twice, so their sides are multiples of 4 pixels, not {height} x {width}; resize them"
        )
    places = height * width // 16
    if length < places or length % places:
        raise EncoderError(
            f"the {places} places of a map share a picture's reals evenly, and can't share {length}; allow a multiple "
            f"of {places}, two a symbol"
        )
    return length // places
