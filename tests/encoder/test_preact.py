"""The pre-activation ResNet: its known size, its 17 maps, and what averaging does."""

from __future__ import annotations

import pytest
import torch

from laconic.encoder.preact import PreAct, preact_18
from laconic.geometry import recorded_maps


def test_at_width_64_it_has_the_weights_of_the_public_code() -> None:
    network = preact_18(3, (32, 32))
    head = 512 * 10 + 10
    # kuangliu's PreActResNet18 has 11,171,146, and no norm after the last block; here that is 2 * 512 more
    assert sum(weight.numel() for weight in network.parameters()) + head == 11_171_146 + 2 * 512


def test_its_relus_are_17_maps_not_below_0_in_the_order_of_calls() -> None:
    torch.manual_seed(0)
    network, pictures = preact_18(1, (8, 8), 4), torch.rand(3, 1, 8, 8)
    with recorded_maps(network, network.relus) as maps:
        last = network(pictures)
    assert len(maps) == len(network.relus) == 17
    assert all(bool((each >= 0).all()) for each in maps)
    assert [each.shape[1] for each in maps[::4]] == [4, 4, 8, 16, 32]
    assert maps[-1] is last
    assert last.shape == (3, network.units, 2, 2)


@pytest.mark.parametrize(("channels", "stride"), [(4, (1, 1)), (2, (2, 2))])
def test_averaging_is_half_the_sum(channels: int, stride: tuple[int, int]) -> None:
    torch.manual_seed(0)
    block, x = PreAct(channels, 4, stride).eval(), torch.randn(2, channels, 6, 6)
    halved = PreAct(channels, 4, stride, average=True).eval()
    halved.load_state_dict(block.state_dict())
    torch.testing.assert_close(halved(x), block(x) / 2)


def test_a_block_whose_branch_is_silent_passes_its_input_on() -> None:
    block, x = PreAct(3, 3), torch.randn(2, 3, 5, 5)
    torch.nn.init.zeros_(block.third.weight)
    assert torch.equal(block(x), x)
