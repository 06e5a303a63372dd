"""Recording the maps of layers: their order, their gradients, a network left as it was, and each refusal."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from laconic.encoder.resnet import resnet_8
from laconic.geometry import LayerError, all_fire, firing, recorded_maps


def small() -> nn.Sequential:
    torch.manual_seed(0)
    relu = nn.ReLU()
    return nn.Sequential(nn.Linear(3, 4), relu, nn.Linear(4, 5), relu)


class Pair(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x, x


def test_maps_are_the_layers_outputs_in_the_order_of_calls() -> None:
    network, x = small(), torch.rand(2, 3)
    with recorded_maps(network, ["2", "0", "0"]) as maps:
        network(x)
    assert torch.equal(maps[0], network[0](x))
    assert torch.equal(maps[1], network[:3](x))
    assert len(maps) == 2


def test_a_layer_that_is_called_twice_has_two_maps() -> None:
    network, x = small(), torch.rand(2, 3)
    with recorded_maps(network, ["1"]) as maps:
        out = network(x)
    assert torch.equal(maps[0], network[:2](x))
    assert torch.equal(maps[1], out)


def test_maps_carry_gradients_and_nothing_else_changes() -> None:
    network, x = resnet_8(1, (8, 8), 4).eval(), torch.rand(2, 1, 8, 8)
    before = network(x)
    keys = list(network.state_dict())
    with recorded_maps(network, ["stem", "blocks.0", "blocks.2"]) as maps:
        assert torch.equal(network(x), before)
    assert [each.shape[1] for each in maps] == [4, 4, 16]
    assert list(network.state_dict()) == keys
    gradient = torch.autograd.grad(maps[0].sum(), next(network.parameters()))[0]
    assert bool((gradient != 0).any())
    network(x)
    assert len(maps) == 3  # hooks are gone


def test_hooks_go_when_the_block_fails() -> None:
    network = small()
    with pytest.raises(ZeroDivisionError), recorded_maps(network, ["0"]):
        1 / 0  # noqa: B018
    assert not network[0]._forward_hooks


def test_inference_mode_records_too() -> None:
    network = small()
    with torch.inference_mode(), recorded_maps(network, ["0"]) as maps:
        network(torch.rand(2, 3))
    assert maps[0].shape == (2, 4)


def test_a_layer_that_does_not_exist_is_told_with_those_that_do() -> None:
    text = r"no layer 'blocks', '7'; it has 0, 1, 2"
    with pytest.raises(LayerError, match=text), recorded_maps(small(), ["0", "blocks", "7"]):
        pass


def test_a_layer_that_was_not_called_is_told() -> None:
    network = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    text = "layer '1' was not called; run the network inside the block"
    with pytest.raises(LayerError, match=text), recorded_maps(network, ["0", "1"]):
        network[0](torch.rand(1, 3))


def test_a_layer_whose_output_is_no_map_is_told() -> None:
    network = nn.Sequential(Pair())
    with pytest.raises(LayerError, match="layer '0' gives tuple; choose one"), recorded_maps(network, ["0"]):
        network(torch.rand(1, 3))
    network, text = nn.Sequential(nn.Flatten(0)), r"layer '0' gives a tensor of shape \[2\]"
    with pytest.raises(LayerError, match=text), recorded_maps(network, ["0"]):
        network(torch.rand(1, 2))


def test_a_map_that_is_overwritten_is_told() -> None:
    network = nn.Sequential(nn.Linear(3, 4), nn.ReLU(inplace=True))
    text = "map of layer '0' was overwritten after it .* inplace=False"
    with pytest.raises(LayerError, match=text), recorded_maps(network, ["0"]):
        network(torch.rand(2, 3))
    with recorded_maps(network, ["1"]) as maps:
        out = network(torch.rand(2, 3))
    assert maps[0] is out


def test_a_picture_with_one_map_of_zeros_does_not_fire_everywhere() -> None:
    first, second = torch.ones(3, 2, 4, 4), torch.ones(3, 5)
    first[1] = 0
    first[1, 0, 2, 2] = 1e-3  # one place will do
    second[2] = 0
    assert all_fire([first, second]).tolist() == [True, True, False]
    assert all_fire([first]).tolist() == [True, True, True]


def test_only_pictures_that_fire_are_kept_and_nothing_is_copied_if_all_do() -> None:
    first, labels = torch.rand(3, 2, 4, 4) + 1, torch.arange(3)
    whole, kept = firing([first, first], labels)
    assert whole[0] is first
    assert kept is labels
    second = torch.ones(3, 5)
    second[1] = 0
    maps, kept = firing([first, second], labels)
    assert torch.equal(maps[0], first[[0, 2]])
    assert torch.equal(maps[1], torch.ones(2, 5))
    assert kept.tolist() == [0, 2]
