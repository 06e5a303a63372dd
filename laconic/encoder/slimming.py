"""A narrow network's first weights out of a wide one's: the filters that matter most.

```
wide    conv [32, 24] -norm- conv [32, 32] -norm- conv [128, 32] ...
              |  the rows of the loudest 14             |  and these as columns
narrow  conv [14, 24] -norm- conv [14, 14] -norm- conv [ 56, 14] ...
```
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from laconic.encoder.cnn import Cnn


@torch.no_grad()
def slim(network: nn.Module, wide: nn.Module) -> None:
    """Overwrite the weights of `network` with a part of those of `wide`, if both are `Cnn` and none of it is wider.

    A layer keeps the channels whose batch norm's scale times the length of the filters that read them is largest; in
    the last layer, which none reads, the scale counts alone. As wide as the other, it becomes a copy of it. A narrower
    one has still to be trained, but sees sooner what the wide one sees.

    The scale as a channel's importance is Z. Liu et al., "Learning Efficient Convolutional Networks through Network
    Slimming", 2017, the length of filters H. Li et al., "Pruning Filters for Efficient ConvNets", 2017.
    """
    if not (isinstance(network, Cnn) and isinstance(wide, Cnn)):
        return
    theirs, ours = _layers(wide), _layers(network)
    shapes = [(a.weight.shape, b.weight.shape) for (a, _), (b, _) in zip(ours, theirs, strict=True)]
    if any(a[2:] != b[2:] or a[0] > b[0] or a[1] > b[1] for a, b in shapes):
        return
    readers = [*(convolution for convolution, _ in theirs[1:]), None]
    kept = torch.arange(ours[0][0].in_channels)
    for (convolution, norm), (wide_convolution, wide_norm), reader in zip(ours, theirs, readers, strict=True):
        rows = _loudest(wide_norm, reader, convolution.out_channels)
        convolution.weight.copy_(wide_convolution.weight[rows][:, kept])
        for values, wide_values in zip(norm.state_dict().values(), wide_norm.state_dict().values(), strict=True):
            values.copy_(wide_values[rows] if wide_values.ndim else wide_values)
        kept = rows


def _layers(network: Cnn) -> list[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    """Its convolutions, each with the batch norm behind it, from the picture on."""
    layers = [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.BatchNorm2d)]
    return [(a, b) for a, b in pairwise(layers) if isinstance(a, nn.Conv2d) and isinstance(b, nn.BatchNorm2d)]


def _loudest(norm: nn.BatchNorm2d, reader: nn.Conv2d | None, n: int) -> Tensor:
    """The `n` channels that count most, in their order."""
    loudness = norm.weight.abs()
    if reader is not None:
        loudness = loudness * reader.weight.square().sum((0, 2, 3)).sqrt()
    return loudness.topk(n).indices.sort().values
