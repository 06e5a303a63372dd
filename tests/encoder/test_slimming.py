"""A narrow network out of a wide one's filters: what is silent in the wide one may go, and nothing changes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from laconic.encoder import build_backbone
from laconic.encoder.cnn import Cnn
from laconic.encoder.slimming import slim

SIZE = (8, 8)


def _network(width: int, seed: int) -> Cnn:
    """One whose batch norms have something to say, too."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = Cnn(3, SIZE, width)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                for values in (module.weight, module.bias, module.running_mean, module.running_var):
                    assert values is not None
                    values.detach().copy_(torch.rand(len(values)) + 0.5)
    return network.eval()


def _said(network: nn.Module) -> torch.Tensor:
    with torch.no_grad():
        said: torch.Tensor = network(torch.rand(5, 3, *SIZE, generator=torch.Generator().manual_seed(7)))
    return said


def test_one_as_wide_as_the_other_becomes_a_copy_of_it() -> None:
    wide, other = _network(4, 0), _network(4, 1)
    assert not torch.equal(_said(other), _said(wide))
    slim(other, wide)
    torch.testing.assert_close(_said(other), _said(wide), rtol=0, atol=0)


@pytest.mark.parametrize("seed", range(3))
def test_channels_that_say_nothing_are_the_ones_that_go(seed: int) -> None:
    wide, narrow = _network(4, seed), _network(2, seed + 10)
    heard = []
    for norm in (module for module in wide.stages.modules() if isinstance(module, nn.BatchNorm2d)):
        silent = torch.randperm(norm.num_features, generator=torch.Generator().manual_seed(seed))[::2]
        norm.weight.detach()[silent] = 0
        norm.bias.detach()[silent] = 0
        heard = [channel for channel in range(norm.num_features) if channel not in silent]
    slim(narrow, wide)
    torch.testing.assert_close(_said(narrow), _said(wide)[:, heard], rtol=1e-5, atol=1e-5)


def test_of_two_channels_as_loud_the_one_that_is_read_more_stays() -> None:
    wide, narrow = _network(4, 0), _network(3, 1)
    first = wide.stages[0]
    assert isinstance(first, nn.Sequential)
    norm, reader = first[2], first[4]
    assert isinstance(norm, nn.BatchNorm2d)
    assert isinstance(reader, nn.Conv2d)
    norm.weight.detach().fill_(1)
    reader.weight.detach()[:, 2] *= 1e-3
    slim(narrow, wide)
    kept = narrow.stages.state_dict()["0.0.weight"]
    torch.testing.assert_close(kept, wide.stages.state_dict()["0.0.weight"][[0, 1, 3]], rtol=0, atol=0)


@pytest.mark.parametrize(("ours", "theirs"), [("cnnw4", "cnnw2"), ("resnet-18w4", "cnnw4"), ("cnnw2", "resnet-18w4")])
def test_a_wider_one_or_another_kind_is_left_alone(ours: str, theirs: str) -> None:
    network, wide = (build_backbone(name, 3, SIZE) for name in (ours, theirs))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    slim(network, wide)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
