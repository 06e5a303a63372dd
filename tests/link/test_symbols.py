"""Pairing keeps every real, normalising keeps every packet to itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.link import LinkError, amplitude, normalise, pair, unpair


def vectors(packets: int, reals: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(packets, reals, generator=torch.Generator().manual_seed(seed))


def test_neighbours_are_the_axes_of_a_symbol() -> None:
    reals = vectors(3, 8)
    symbols = pair(reals)
    assert symbols.dtype == torch.complex64
    np.testing.assert_array_equal(symbols.numpy(), reals[:, ::2].numpy() + 1j * reals[:, 1::2].numpy())


@settings(deadline=None)
@given(packets=st.integers(1, 5), symbols=st.integers(1, 9), seed=st.integers(0, 99))
def test_pair_and_unpair_are_inverse(packets: int, symbols: int, seed: int) -> None:
    reals = vectors(packets, 2 * symbols, seed)
    assert torch.equal(unpair(pair(reals)), reals)
    assert torch.equal(unpair(pair(reals).conj()).view(-1, 2), reals.view(-1, 2) * torch.tensor([1.0, -1.0]))


def test_layouts_that_no_complex_number_can_share_are_copied() -> None:
    whole = vectors(4, 9)
    for reals in (whole[:, 1:], whole[:, ::2][:, :4], whole[:, :8].T.contiguous().T, whole.flatten()[1:13].view(2, 6)):
        assert torch.equal(unpair(pair(reals)), reals)
    assert pair(whole[:, :8].contiguous()[1:]).data_ptr() % 8 == 0


def test_memory_is_shared_where_it_can_be() -> None:
    reals = vectors(2, 4)
    assert unpair(pair(reals)).data_ptr() == reals.data_ptr()


@settings(deadline=None)
@given(scale=st.floats(1e-15, 1e15), seed=st.integers(0, 99))
def test_each_packet_has_unit_power_whatever_its_scale_and_its_neighbours(scale: float, seed: int) -> None:
    symbols = pair(vectors(3, 14, seed))
    scaled = torch.cat([symbols[:1] * scale, symbols[1:]])
    unit = normalise(scaled)
    torch.testing.assert_close(unit.abs().square().mean(1), torch.ones(3))
    torch.testing.assert_close(unit, normalise(symbols))
    torch.testing.assert_close(unit[:1], normalise(scaled[:1]), rtol=0, atol=0)


def test_amplitude_is_the_root_of_the_mean_power_per_complex_symbol() -> None:
    assert amplitude(torch.tensor([[3 + 4j, 0j], [1j, -1j]])).flatten().tolist() == pytest.approx([12.5**0.5, 1.0])


def test_the_gradient_of_what_has_no_scale_is_orthogonal_to_it() -> None:
    reals = vectors(5, 12).requires_grad_()
    weights = vectors(5, 12, seed=1)
    (gradient,) = torch.autograd.grad((unpair(normalise(pair(reals))) * weights).sum(), reals)
    assert float(gradient.abs().max()) > 0.1
    torch.testing.assert_close((gradient * reals).sum(1), torch.zeros(5), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("bad", "shown"), [(0.0, "0"), (float("nan"), "nan"), (float("inf"), "inf"), (1e30, "inf"), (1e-30, "0")]
)
def test_a_packet_without_a_finite_power_is_named(bad: float, shown: str) -> None:
    reals = vectors(4, 6)
    reals[2], reals[3] = bad, 0.0
    text = rf"packet 2 has amplitude {shown}, and only one above 0 and finite can be made 1; .* packets: 2 of 4"
    with pytest.raises(LinkError, match=text):
        normalise(pair(reals))


def test_refuses_an_odd_number_of_reals_and_nothing() -> None:
    with pytest.raises(LinkError, match="two reals make a symbol, so a packet has an even number of them, not 7"):
        pair(vectors(2, 7))
    for shape in ((0, 4), (2, 0)):
        with pytest.raises(LinkError, match=r"reals are \[packets, reals\] with at least one of each, not of shape \["):
            pair(torch.zeros(shape))
        with pytest.raises(LinkError, match=r"symbols are \[packets, symbols\] with at least one of each"):
            normalise(torch.zeros(shape, dtype=torch.complex64))


@pytest.mark.usefixtures("shapes_unchecked")
def test_refuses_other_types_and_shapes() -> None:
    with pytest.raises(LinkError, match=r"reals are torch.float32, not torch.float64; .* \.to\(torch.float32\)"):
        pair(vectors(2, 4).double())
    with pytest.raises(LinkError, match=r"symbols are torch.complex64, not torch.float32"):
        unpair(vectors(2, 4))
    with pytest.raises(LinkError, match=r"reals are \[packets, reals\] with at least one of each, not of shape \[4\]"):
        pair(vectors(2, 4)[0])
