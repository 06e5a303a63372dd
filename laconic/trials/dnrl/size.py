"""What an encoder of paper 001 costs: its weights, and its operations for one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laconic.trials.trial import Measured, Parameters

if TYPE_CHECKING:
    from torch import nn

SIZE = (32, 32)  # pixels, of CIFAR's pictures
OPERATIONS = 2  # that a multiply-accumulate counts as


def size(parameters: Parameters, seed: int, source: str) -> Measured:
    """`parameters_m`, millions of weights without projector and classifier, and `gflops` for a picture of 32 x 32.

    The paper doesn't say what it counts. Its numbers come out by the convention of the tool ptflops, where a value that
    is normalised counts as two multiply-accumulates, one that is rectified or added to another as one; `gflops_main`
    are of convolutions and linear layers alone. Parameters are `encoder` and `mask`: what its mask-net looks at, or
    `none`. No picture is looked at and nothing is trained.
    """
    import torch

    from laconic.encoder import FeatureEncoder, build_backbone

    del seed, source
    with torch.device("meta"):
        encoder = FeatureEncoder(build_backbone(parameters["encoder"], 3, SIZE), 3, SIZE, parameters["mask"]).eval()
        counted: list[tuple[int, int]] = []
        for layer in encoder.modules():
            layer.register_forward_hook(lambda layer, _, output: counted.append(_accumulates(layer, output)))
        encoder.features(torch.zeros(1, 3, *SIZE))
    weights = sum(parameter.numel() for parameter in encoder.parameters())
    main, rest = (OPERATIONS * sum(each) / 1e9 for each in zip(*counted, strict=True))
    return {"parameters_m": weights / 1e6, "gflops": main + rest, "gflops_main": main}


def _accumulates(layer: nn.Module, output: Any) -> tuple[int, int]:
    """Multiply-accumulates of one layer itself: of convolutions and linear layers, and what others count as."""
    from torch import nn

    from laconic.encoder.resnet import Residual

    if isinstance(layer, (nn.Conv2d, nn.Linear)):
        return int(output.numel() * layer.weight[0].numel()), 0
    if isinstance(layer, (nn.BatchNorm2d, Residual)):  # a residual is added, then rectified
        return 0, int(2 * output.numel())
    return 0, int(output.numel()) if isinstance(layer, nn.ReLU) else 0
