"""Attention feature modules: the paper's formula, and networks that are told the SNR only where they ask."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from laconic.encoder.attention_feature import AttentionFeature, Stages
from laconic.encoder.downlink import CommonEncoder, SemanticEncoder
from laconic.encoder.features import EncoderError
from laconic.encoder.picture_decoder import PaperDecoder, SpatialDecoder

NARROW = 1 / 32
SIZE = (16, 8)


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def seeded(module: type[nn.Module], *arguments: object) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return module(*arguments)


def test_channels_are_scaled_as_adjscc_has_it() -> None:
    module = AttentionFeature(64)
    first, second = (module.factors[layer] for layer in (0, 2))
    x, snr_db = noise(3, 64, 4, 2), torch.tensor([-5.0, 10.0, 20.0])
    scaled = module(x, snr_db)
    for picture, snr, found in zip(x, snr_db, scaled, strict=True):
        context = torch.cat([picture.mean((1, 2)), snr[None] / 10])
        factors = torch.sigmoid(
            F.linear(F.relu(F.linear(context, first.weight, first.bias)), second.weight, second.bias)
        )
        torch.testing.assert_close(found, torch.einsum("crk,c->crk", picture, factors))
    assert first.weight.shape == (4, 65)


@pytest.mark.parametrize("aware", [False, True])
def test_a_network_depends_on_the_snr_where_it_is_aware_of_it(aware: bool) -> None:
    semantic = seeded(SemanticEncoder, 1, SIZE, NARROW, aware)
    maps = semantic(noise(4, 1, *SIZE).sigmoid(), torch.full((4,), 10.0))
    members = torch.arange(4).reshape(1, 2, 2)
    common = seeded(CommonEncoder, 6, NARROW, aware)
    low, high = (common(maps[None], members, torch.full((4,), snr)) for snr in (0.0, 20.0))
    assert torch.equal(low, high) == (not aware)
    other = torch.tensor([0.0, 0.0, 20.0, 20.0])  # each group's token by its own users' SNR
    torch.testing.assert_close(common(maps[None], members, other)[:, 0], low[:, 0])
    for decoder in (PaperDecoder, SpatialDecoder):
        network = seeded(decoder, 10, 1, SIZE, NARROW, aware)
        dark, light = (network(noise(2, 10), torch.full((2,), snr)) for snr in (0.0, 20.0))
        assert torch.equal(dark, light) == (not aware)
        assert len([part for part in network.modules() if isinstance(part, AttentionFeature)]) == 2 * aware


def test_an_aware_network_wants_the_snr() -> None:
    with pytest.raises(EncoderError, match="told the SNR of each picture; give snr_db"):
        SemanticEncoder(1, SIZE, NARROW, True)(torch.zeros(1, 1, *SIZE))
    assert Stages(nn.Identity())(torch.ones(2)).tolist() == [1.0, 1.0]
