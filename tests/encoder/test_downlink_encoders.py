"""The networks of the downlink: their published size, what they are blind to, the sizes that they take."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from laconic.encoder.convnext import EPSILON, GRN, ConvNextBlock
from laconic.encoder.downlink import CommonEncoder, PrivateEncoder, SemanticEncoder
from laconic.encoder.features import EncoderError
from laconic.encoder.picture_decoder import PaperDecoder, SpatialDecoder

CIFAR = (32, 32)
PRIVATE, COMMON = 819, 205  # of 1024 reals, at the paper's common ratio of 0.2
NARROW = 1 / 32


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def macs(module: nn.Module, *inputs: Tensor) -> float:
    with FlopCounterMode(display=False) as counter:
        module(*inputs)
    return counter.get_total_flops() / 2


def paper_network(device: str = "meta") -> tuple[SemanticEncoder, PrivateEncoder, CommonEncoder, PaperDecoder]:
    with torch.device(device):
        decoder = PaperDecoder(PRIVATE + COMMON, 3, CIFAR)
        return SemanticEncoder(3, CIFAR), PrivateEncoder(PRIVATE), CommonEncoder(COMMON), decoder


def test_the_papers_network_has_23_million_parameters() -> None:
    """23.4 M with depthwise convolutions; 7 x 7 convolutions over all channels would make it 85 M."""
    counts = [sum(weight.numel() for weight in part.parameters()) for part in paper_network()]
    assert counts == [2_432_384, 839_475, 14_898_893, 5_194_265]
    assert round(sum(counts) / 1e6, 1) == 23.4


def test_the_papers_network_costs_0_63_gmacs_a_picture() -> None:
    semantic, private, common, decoder = paper_network()
    with torch.device("meta"):
        maps, received = torch.empty(1, 256, 8, 8), torch.empty(1, PRIVATE + COMMON)
        token = torch.empty(1, 1, 512)
        total = macs(semantic, torch.empty(1, 3, *CIFAR)) + macs(private, maps) + macs(decoder, received)
        total += macs(common.token, maps) + macs(common.group, token) + macs(common.dense, token)
    assert round(total / 1e9, 2) == 0.63


def test_the_width_multiplier_thins_all_but_the_features() -> None:
    decoder = PaperDecoder(24, 3, CIFAR, NARROW)
    maps = SemanticEncoder(3, CIFAR, NARROW)(torch.rand(6, 3, *CIFAR, generator=seeded()))
    assert maps.shape == (6, 8, 8, 8)
    assert PrivateEncoder(20, NARROW)(maps).shape == (6, 20)
    members = torch.arange(6).reshape(1, 2, 3)
    assert CommonEncoder(4, NARROW)(maps[None], members).shape == (1, 2, 4)
    assert decoder(torch.zeros(6, 24)).shape == (6, 3, *CIFAR)


@pytest.mark.parametrize("decoder", [PaperDecoder, SpatialDecoder])
@pytest.mark.parametrize(("channels", "size"), [(1, (8, 8)), (3, (16, 24)), (3, (32, 32))])
def test_pictures_of_any_size_that_halves_come_back_at_it(
    decoder: type[nn.Module], channels: int, size: tuple[int, int]
) -> None:
    pictures = decoder(12, channels, size, NARROW)(torch.randn(2, 12, generator=seeded())).detach()
    assert pictures.shape == (2, channels, *size)
    assert 0 < float(pictures.min()) < float(pictures.max()) < 1
    maps = SemanticEncoder(channels, size, NARROW)(pictures)
    assert maps.shape[2:] == (size[0] // 4, size[1] // 4)
    assert PrivateEncoder(5, NARROW)(maps).shape == (2, 5)
    assert CommonEncoder(5, NARROW)(maps[None], torch.tensor([[[0, 1]]])).shape == (1, 1, 5)


def test_only_the_papers_decoder_squeezes_all_through_one_column() -> None:
    """At width 1/32 that is 16 numbers, so the Jacobian's rank is at most 16 there."""
    received = torch.randn(40, generator=seeded())
    ranks = []
    for kind in (PaperDecoder, SpatialDecoder):
        layers = kind(40, 1, (16, 16), NARROW).layers[:-1].double()  # a sigmoid's slope adds no rank, but blurs it
        jacobian = torch.func.jacrev(lambda row, layers=layers: layers(row[None]).flatten())(received.double())
        ranks.append(int(torch.linalg.matrix_rank(jacobian, rtol=1e-9)))
    assert ranks == [16, 40]


def test_grn_is_its_equations_and_begins_as_the_identity() -> None:
    grn, x = GRN(3), torch.randn(2, 4, 5, 3, generator=seeded())
    torch.testing.assert_close(grn(x), x)
    grn.gamma.data, grn.beta.data = torch.tensor([1.0, -2.0, 0.5]), torch.tensor([0.1, 0.2, 0.3])
    expected = torch.empty_like(x)
    for n in range(2):
        norms = [float(x[n, :, :, c].square().sum().sqrt()) for c in range(3)]
        for c in range(3):
            relative = norms[c] / (sum(norms) / 3 + EPSILON)
            expected[n, :, :, c] = grn.gamma[c] * x[n, :, :, c] * relative + grn.beta[c] + x[n, :, :, c]
    torch.testing.assert_close(grn(x), expected)


def test_a_dead_channel_has_a_finite_slope() -> None:
    """The norm of zeros has none of its own."""
    grn = GRN(2)
    grn.gamma.data = torch.ones(2)
    x = torch.randn(1, 3, 3, 2, generator=seeded())
    x[..., 0] = 0
    x.requires_grad_()
    grn(x).sum().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()
    torch.testing.assert_close(x.grad[..., 0], torch.ones(1, 3, 3))  # of what stays of the channel itself


def test_a_block_mixes_space_and_channels_once_each() -> None:
    """Its 7 x 7 kernel sees 3 places to each side; GRN then scales by the whole map, unless gamma is 0, as at first."""
    x = torch.randn(1, 4, 15, 15, generator=seeded(), requires_grad=True)
    ConvNextBlock(4)(x)[0, 0, 7, 7].backward()
    assert x.grad is not None
    seen = x.grad[0].abs().sum(0) > 0
    assert torch.equal(seen.nonzero().amin(0), torch.tensor([4, 4]))
    assert torch.equal(seen.nonzero().amax(0), torch.tensor([10, 10]))
    assert int(seen.sum()) == 49


@pytest.fixture(scope="module")
def common() -> CommonEncoder:
    """Whose Transformer says something, as after training."""
    torch.manual_seed(0)
    encoder = CommonEncoder(6, NARROW)
    for layer in encoder.group.layers:
        nn.init.normal_(layer.self_attn.out_proj.weight, std=0.3)
        nn.init.normal_(layer.linear2.weight, std=0.3)
    return encoder


def maps(cells: int, users: int) -> Tensor:
    return torch.randn(cells, users, 8, 2, 2, generator=seeded(1))


def test_common_features_ignore_the_order_in_a_group(common: CommonEncoder) -> None:
    given, shuffled = torch.tensor([[[0, 1, 2], [3, 4, 5]]]), torch.tensor([[[2, 0, 1], [5, 4, 3]]])
    told = common(maps(1, 6), given)
    torch.testing.assert_close(told, common(maps(1, 6), shuffled))
    assert not torch.allclose(told[:, 0], told[:, 1])


def test_each_groups_features_are_its_own_users_alone(common: CommonEncoder) -> None:
    seen, members = maps(2, 6), torch.tensor([[[0, 1, 2], [3, 4, 5]], [[0, 2, 4], [1, 3, 5]]])
    told = common(seen, members)
    seen[1, 3] += 1
    changed = (common(seen, members) - told).abs().amax(2) > 1e-4
    assert changed.tolist() == [[False, False], [False, True]]


def test_the_empty_place_of_a_smaller_group_says_nothing(common: CommonEncoder) -> None:
    seen = maps(1, 5)
    padded = common(seen, torch.tensor([[[0, 1, 2], [3, 4, -1]]]))
    torch.testing.assert_close(padded[:, 1:], common(seen, torch.tensor([[[3, 4]]])))
    torch.testing.assert_close(padded[:, :1], common(seen, torch.tensor([[[0, 1, 2]]])))


def test_before_it_has_learnt_the_transformer_adds_nothing() -> None:
    tokens = torch.randn(2, 3, 32, generator=torch.Generator().manual_seed(0))
    assert torch.equal(CommonEncoder(COMMON, 1 / 16).group(tokens), tokens)


def test_every_parameter_learns(common: CommonEncoder) -> None:
    size, members = (16, 16), torch.tensor([[[0, 1], [2, 3]]])
    semantic, private = SemanticEncoder(1, size, NARROW), PrivateEncoder(6, NARROW)
    seen = semantic(torch.rand(4, 1, *size, generator=seeded()))
    features = torch.cat([private(seen), common(seen[None], members)[0].repeat_interleave(2, 0)], dim=1)
    parts: list[nn.Module] = [semantic, private, common]
    for kind in (PaperDecoder, SpatialDecoder):
        parts.append(kind(12, 1, size, NARROW))
        parts[-1](features).square().sum().backward(retain_graph=True)
    idle = [key for part in parts for key, weight in part.named_parameters() if weight.grad is None]
    assert not idle


@pytest.mark.parametrize("size", [(28, 28), (32, 36), (0, 8)])
@pytest.mark.parametrize("build", [SemanticEncoder, lambda c, size: PaperDecoder(8, c, size)])
def test_refuses_a_size_that_does_not_halve(build: type[SemanticEncoder], size: tuple[int, int]) -> None:
    message = f"halved 3 times, so their sides are multiples of 8 pixels, not {size[0]} x {size[1]}; resize them"
    with pytest.raises(EncoderError, match=message):
        build(3, size)


@pytest.mark.parametrize(("width", "makes"), [(0.0, "0"), (0.03, "7.68"), (-1.0, "-256"), (1 / 128, "2")])
def test_refuses_a_width_without_whole_heads(width: float, makes: str) -> None:
    message = f"makes 256 channels a multiple of 4; {width} makes them {makes}"
    with pytest.raises(EncoderError, match=message):
        PrivateEncoder(8, width)
