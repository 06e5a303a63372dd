"""Unequal protection: what is said survives where the picture does not; a progressive word comes as far as it can."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.contract import Kind, Message
from laconic.language import Language, Progressive, decode_prefix
from laconic.link.adaptive import SCHEMES
from laconic.link.digital import DigitalLink
from laconic.link.errors import LinkError
from laconic.link.fading import AWGN, Rayleigh
from laconic.link.protection import Layer, UnequalLink, carry_prefixes, split
from laconic.link.scheme import Scheme

STRONG, WEAK = Scheme("qpsk", Fraction(1, 5)), Scheme("16qam", Fraction(3, 4))
CLEAR = 60.0


def random_bits(packets: int, k: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, (packets, k), dtype=np.uint8)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# --- the link


def test_the_said_survives_where_the_picture_does_not() -> None:
    """At 3 dB of 1000 packets more than 99 % of the said parts arrive, and no picture."""
    link, bits = UnequalLink(AWGN(), (Layer(24, STRONG), Layer(None, WEAK))), random_bits(1000, 24 + 400)
    said, picture = link(bits, 3.0, generator=generator())
    arrived = (said.bits == bits[:, :24]).all(axis=1)
    assert arrived.mean() - 4 * math.sqrt(arrived.mean() * (1 - arrived.mean()) / 1000) > 0.99
    assert not (picture.bits == bits[:, 24:]).all(axis=1).any()
    assert not picture.converged.any()
    # One code for all, in as many symbols, loses both.
    total = said.symbols_per_packet + picture.symbols_per_packet
    equal = DigitalLink(AWGN(), "16qam", 424 / (4 * total))
    assert equal.symbols(424) == pytest.approx(total, abs=1)
    assert not (equal(bits, 3.0, generator=generator()).bits == bits).all(axis=1).any()


def test_all_classes_of_a_packet_meet_one_block_fade() -> None:
    link, bits = UnequalLink(Rayleigh(), (Layer(200, STRONG), Layer(200, WEAK))), random_bits(500, 400)
    strong, weak = link(bits, 10.0, generator=generator())
    assert not (weak.converged & ~strong.converged).any()
    assert 0 < weak.converged.sum() < strong.converged.sum() < 500


@settings(deadline=None, max_examples=10)
@given(
    st.lists(st.sampled_from([1, 7, 12, 30]), min_size=1, max_size=3),
    st.integers(1, 60),
    st.sampled_from([AWGN(), Rayleigh(block=False)]),
)
def test_without_noise_all_classes_return(sizes: list[int], k: int, channel: AWGN | Rayleigh) -> None:
    layers = (*(Layer(size, STRONG) for size in sizes), Layer(None, STRONG))
    link, bits = UnequalLink(channel, layers), random_bits(3, k)
    parts = link(bits, CLEAR, generator=generator())
    assert [part.bits.shape[1] for part in parts] == link.sizes(k)
    assert np.array_equal(np.concatenate([part.bits for part in parts], axis=1), bits)


# --- the split


def naive_split(sizes: list[int], symbols: int) -> list[Scheme]:
    """Of all combinations within the symbols, the one in which the first class takes most, then the second, ..."""

    def combinations(rest: list[int]) -> list[list[Scheme]]:
        return [[s, *others] for s in SCHEMES for others in combinations(rest[1:])] if rest else [[]]

    def costs(schemes: list[Scheme]) -> list[int]:
        return [scheme.over(AWGN()).symbols(size) for scheme, size in zip(schemes, sizes, strict=True)]

    return max((each for each in combinations(sizes) if sum(costs(each)) <= symbols), key=costs)


@pytest.mark.parametrize(("sizes", "symbols"), [([24, 800], 250), ([24, 800], 300), ([100, 100], 90), ([64], 400)])
def test_the_first_class_gets_the_strongest_code_that_leaves_enough(sizes: list[int], symbols: int) -> None:
    layers = split(sizes, symbols)
    wanted = naive_split(sizes, symbols)
    cost = [layer.scheme.over(AWGN()).symbols(size) for layer, size in zip(layers, sizes, strict=True)]
    assert sum(cost) <= symbols
    assert cost == [scheme.over(AWGN()).symbols(size) for scheme, size in zip(wanted, sizes, strict=True)]


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(1, 500), min_size=1, max_size=4), st.integers(0, 4000))
def test_a_split_keeps_its_budget_or_names_the_least(sizes: list[int], symbols: int) -> None:
    least = sum(min(scheme.over(AWGN()).symbols(size) for scheme in SCHEMES) for size in sizes)
    if symbols < least:
        with pytest.raises(LinkError, match=f"take at least {least} symbols, {symbols} are given"):
            split(sizes, symbols)
        return
    layers = split(sizes, symbols)
    assert [layer.bits for layer in layers] == sizes
    assert least <= sum(layer.scheme.over(AWGN()).symbols(layer.bits or 0) for layer in layers) <= symbols


# --- progressive messages


def language() -> tuple[Language, list[Message]]:
    """Progressive words of four among 16 units, half of them in the lexicon."""
    features = np.random.default_rng(0).random((60, 16), dtype=np.float32)
    labels = np.zeros(60, dtype=np.int64)
    code = Progressive(k=4).fit(features, labels)
    symbols = code.quantise(features)
    spoken = Language.fit(code, symbols[np.arange(120) % 30], labels[np.arange(120) % 30], 1)
    return spoken, spoken.encode(symbols)


def test_a_progressive_word_comes_as_far_as_its_first_units() -> None:
    spoken, messages = language()
    words = [spoken.decode([message]).units[0] for message in messages]
    link = UnequalLink(AWGN(), (Layer(16, STRONG), Layer(None, WEAK)))
    arrived = carry_prefixes(link, messages, CLEAR, generator=generator())
    assert all(np.array_equal(found.bits, message.bits) for found, message in zip(arrived, messages, strict=True))
    shorter = 0
    for message, word, found in zip(
        messages, words, carry_prefixes(link, messages, 3.0, generator=generator()), strict=True
    ):
        assert len(found.bits) in {0, min(16, len(message.bits)), len(message.bits)}
        assert np.array_equal(found.bits, message.bits[: len(found.bits)])
        units = decode_prefix(spoken, found).units[0]
        assert np.array_equal(units, word[: len(units)])
        shorter += 0 < len(units) < 4
    assert shorter >= 25  # the words that are not in the lexicon


def test_a_class_that_came_wrong_is_told_by_its_check() -> None:
    """A code of a dozen bits converges on what was not sent; of those cases CRC-8 lets one in 256 through."""
    messages = [Message(Kind.SAID, row) for row in random_bits(2000, 16)]
    weak = DigitalLink(AWGN(), WEAK.modulation, float(WEAK.code_rate))
    bits = np.stack([message.bits for message in messages])
    plain = weak(bits, 3.0, generator=generator())
    assert (plain.converged & (plain.bits != bits).any(axis=1)).mean() > 0.1
    arrived = carry_prefixes(UnequalLink(AWGN(), (Layer(None, WEAK),)), messages, 3.0, generator=generator())
    wrong = sum(len(each.bits) > 0 and (each.bits != sent).any() for each, sent in zip(arrived, bits, strict=True))
    assert wrong <= 2000 / 256 + 4 * math.sqrt(2000 / 256)


def test_messages_of_any_lengths_arrive_in_order() -> None:
    messages = [Message(Kind.SAID, random_bits(1, 1 + i % 5 * 9, i)[0]) for i in range(23)]
    link = UnequalLink(AWGN(), (Layer(12, STRONG), Layer(None, STRONG)))
    snr_db = torch.full((23,), CLEAR)
    arrived = carry_prefixes(link, messages, snr_db, generator=generator())
    assert all(np.array_equal(found.bits, sent.bits) for found, sent in zip(arrived, messages, strict=True))
    snr_db[7] = -30.0
    arrived = carry_prefixes(link, messages, snr_db, generator=generator())
    wrong = [i for i in range(23) if not np.array_equal(arrived[i].bits, messages[i].bits)]
    assert wrong == [7]


# --- bad input


def test_errors_name_what_was_wanted() -> None:
    for sizes in ((), (0, 3), (None, 3)):
        with pytest.raises(LinkError, match=r"classes of at least one bit wanted, of which the last may be None"):
            UnequalLink(AWGN(), tuple(Layer(size, STRONG) for size in sizes))
    link = UnequalLink(AWGN(), (Layer(5, STRONG), Layer(6, WEAK)))
    with pytest.raises(LinkError, match=r"the classes have 11 bits, a packet 12; let the last have None"):
        link(random_bits(1, 12), 3.0, generator=generator())
    with pytest.raises(LinkError, match=r"at least one of each, not of shape \[0, 5\]"):
        link(random_bits(0, 11), 3.0, generator=generator())
    for sizes in ([], [4, 0]):
        with pytest.raises(LinkError, match=r"classes of at least one bit, and schemes, wanted"):
            split(sizes, 100)
    with pytest.raises(LinkError, match=r"messages of at least one bit each wanted, got lengths \[0\]"):
        carry_prefixes(link, [Message(Kind.SAID, np.zeros(0, np.uint8))], 3.0, generator=generator())
