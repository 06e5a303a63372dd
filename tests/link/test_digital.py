"""The digital link and packets over it: round trips, Sionna's chain on the same symbols, what is lost with what."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from laconic.codec import Codec
from laconic.contract import Kind, Message
from laconic.language import Framing, Messages, PacketError
from laconic.link.digital import DigitalLink
from laconic.link.errors import LinkError
from laconic.link.fading import AWGN, Channel, Rayleigh, Received, Rician
from laconic.link.ldpc import LDPC, exists
from laconic.link.modulation import BITS_PER_SYMBOL
from laconic.link.packets import carry, carry_groups

NAMES = tuple(BITS_PER_SYMBOL)
CLEAR = 60.0  # dB: no error in as many bits as these tests send


def random_bits(packets: int, k: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, (packets, k), dtype=np.uint8)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@dataclass(frozen=True)
class Kept:
    """A channel that keeps what it gave."""

    channel: Channel
    given: list[Received] = field(default_factory=list)

    def __call__(self, symbols: torch.Tensor, snr_db: float | torch.Tensor, *, generator: torch.Generator) -> Received:
        self.given.append(self.channel(symbols, snr_db, generator=generator))
        return self.given[-1]


# --- bits to bits


@settings(deadline=None, max_examples=20)
@given(
    st.integers(1, 4),
    st.integers(1, 200),
    st.sampled_from(NAMES),
    st.floats(0.2, 0.95),
    st.sampled_from([AWGN(), Rician(5.0)]),
    st.integers(0, 2**32 - 1),
)
@example(1, 13, "qpsk", 0.875, AWGN(), 0)  # k=13, n=14 loses bits that are never sent
def test_without_noise_all_bits_return(
    packets: int, k: int, modulation: str, code_rate: float, channel: Channel, seed: int
) -> None:
    link, bits = DigitalLink(channel, modulation, code_rate), random_bits(packets, k, seed)
    delivered = link(bits, CLEAR, generator=generator(seed))
    assert delivered.converged.all()
    assert np.array_equal(delivered.bits, bits)
    assert delivered.symbols_per_packet == link.symbols(k)


@pytest.mark.parametrize(
    ("k", "code_rate", "blocks"), [(9000, 0.5, 2), (9000, 0.25, 3), (8448, 0.8, 1), (8449, 0.8, 2)]
)
def test_packets_longer_than_5g_s_blocks_take_several(k: int, code_rate: float, blocks: int) -> None:
    link, bits = DigitalLink(AWGN(), "16qam", code_rate), random_bits(2, k)
    segments = link.segments(k)
    assert (segments.blocks, segments.blocks * segments.code.k - segments.padding) == (blocks, k)
    assert segments.padding < blocks
    delivered = link(bits, CLEAR, generator=generator())
    assert delivered.converged.all()
    assert np.array_equal(delivered.bits, bits)
    assert delivered.symbols_per_packet == pytest.approx(k / code_rate / 4, abs=2 * blocks)


@pytest.mark.parametrize("code_rate", [0.8, 0.86, 0.9, 0.95])
def test_short_blocks_are_as_long_as_decoding_needs(code_rate: float) -> None:
    """Without noise each length is decoded, and one symbol less, where the code rate asks for it, is not."""
    link = DigitalLink(AWGN(), "qpsk", code_rate)
    for k in [*range(12, 80), *range(80, 200, 9)]:
        code, bits = link.segments(k).code, random_bits(8, k)
        assert code.decode(_certain(code.encode(bits))).converged.all()
        if code.n > 2 * round(k / code_rate / 2) and exists(k, code.n - 2):
            shorter = LDPC(k, code.n - 2)
            assert not shorter.decode(_certain(shorter.encode(bits))).converged.any()


def _certain(bits: np.ndarray) -> np.ndarray:
    return np.where(bits, -20, 20).astype(np.float32)


@pytest.mark.parametrize("k", [1, 8, 11])
def test_short_packets_are_filled_up_with_what_the_receiver_knows(k: int) -> None:
    link = DigitalLink(AWGN())
    segments = link.segments(k)
    assert (segments.code.k, segments.padding) == (12, 12 - k)
    assert len(segments.known) > 0
    filled = np.pad(random_bits(50, k), ((0, 0), (0, 12 - k)))
    coded = segments.code.encode(filled)
    assert not coded[:, segments.known].any()
    others = np.setdiff1d(np.arange(segments.code.n), segments.known)
    assert coded[:, others].any()


def test_what_is_known_protects_what_is_not() -> None:
    """At the same SNR and in the same symbols 8 bits fail less often than 12 do."""
    link, errors = DigitalLink(AWGN()), {}
    for k in (8, 12):
        bits = random_bits(4000, k)
        errors[k] = (link(bits, 0.0, generator=generator()).bits != bits).any(axis=1).mean()
    assert link.symbols(8) == link.symbols(12)
    spread = math.sqrt(sum(p * (1 - p) / 4000 for p in errors.values()))
    assert errors[8] < errors[12] - 4 * spread


def test_each_packet_has_its_own_snr() -> None:
    snr_db = torch.tensor([-10.0, 30.0] * 20)
    bits = random_bits(40, 64)
    delivered = DigitalLink(AWGN())(bits, snr_db, generator=generator())
    right = (delivered.bits == bits).all(axis=1)
    assert right[1::2].all()
    assert not right[::2].any()
    assert delivered.converged[1::2].all()


@pytest.mark.parametrize("block", [True, False])
def test_a_block_fade_decides_for_a_whole_packet(block: bool) -> None:
    channel = Kept(Rayleigh(block=block))
    bits = random_bits(300, 9000)
    delivered = DigitalLink(channel, "qpsk", 0.5)(bits, 8.0, generator=generator())
    right = (delivered.bits == bits).all(axis=1)
    assert np.array_equal(delivered.converged, right)
    if not block:  # every packet sees every fade: capacity at 8 dB is 2.1 bits a symbol, 1 is sent
        assert right.all()
        return
    seen_db = 8 + 20 * channel.given[0].gain.abs().log10().flatten().numpy()
    assert right[seen_db > 3].all()  # one block decodes at about 1 dB
    assert not right[seen_db < -1].any()  # below capacity no code does
    assert right.any()
    assert not right.all()


@pytest.mark.parametrize("modulation", NAMES)
def test_sionna_s_chain_sends_the_same_symbols_and_reads_them_alike(modulation: str) -> None:
    pytest.importorskip("sionna")
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sionna.phy.fec.ldpc import LDPC5GDecoder, LDPC5GEncoder
        from sionna.phy.mapping import Demapper, Mapper

        m, k, n, snr_db = BITS_PER_SYMBOL[modulation], 100, 240, {"qpsk": 1.0, "16qam": 6.5}.get(modulation, 14.0)
        link = DigitalLink(AWGN(), modulation, k / n, decoder="sionna")
        encoder = LDPC5GEncoder(k, n, num_bits_per_symbol=m, device="cpu")
        bits = random_bits(60, k)
        symbols = link.transmit(bits)
        theirs = Mapper("qam", m, device="cpu")(encoder(torch.from_numpy(bits).float()))
        assert (symbols - theirs).abs().max() <= 1e-6
        received = AWGN()(symbols, snr_db, generator=generator())
        no = received.noise_variance.expand(received.symbols.shape).contiguous()
        soft = Demapper("app", "qam", m, device="cpu")(received.symbols, no)
        found = LDPC5GDecoder(encoder, num_iter=20, device="cpu")(soft).numpy().astype(np.uint8)
        ours = link.receive(received, k)
    # Soft bits differ by rounding, which may tip a packet that does not converge.
    assert np.array_equal(ours.bits[ours.converged], found[ours.converged])
    assert ours.converged.any()


def test_symbols_have_unit_mean_energy_and_seeds_repeat() -> None:
    link, bits = DigitalLink(Rayleigh(), "64qam", 0.6), random_bits(100, 600)
    energy = link.transmit(bits).abs().square().double()
    assert abs(energy.mean() - 1) <= 4 * energy.std() / math.sqrt(energy.numel())
    first, second = (link(bits, 15.0, generator=generator(7)) for _ in range(2))
    assert np.array_equal(first.bits, second.bits)
    assert np.array_equal(first.converged, second.converged)


# --- packets


@settings(deadline=None, max_examples=10)
@given(st.lists(st.binary(min_size=1, max_size=6), min_size=1, max_size=12), st.integers(0, 2**32 - 1))
def test_packets_of_any_lengths_arrive_in_order(packets: list[bytes], seed: int) -> None:
    link = DigitalLink(AWGN(), "16qam")
    carried = carry(link, packets, CLEAR, generator=generator(seed))
    assert carried.packets == packets
    assert carried.converged.all()
    assert carried.symbols.tolist() == [link.symbols(8 * len(packet)) for packet in packets]


def test_a_damaged_packet_is_told_by_its_own_check() -> None:
    framing = Framing(bytes(8))
    messages = [Message(Kind.SAID, random_bits(1, 16 + 8 * (i % 2), i)[0]) for i in range(400)]
    packets = framing.pack_all(messages)
    snr_db = torch.full((400,), 30.0)
    snr_db[::4] = -8.0
    carried = carry(DigitalLink(AWGN()), packets, snr_db, generator=generator())
    heard, damaged = framing.unpack_each(carried.packets)
    wrong = {i for i in range(400) if carried.packets[i] != packets[i]}
    assert wrong <= set(range(0, 400, 4))
    assert len(wrong) > 90
    missed = wrong - set(damaged)
    assert len(missed) <= 100 / 256 + 4 * math.sqrt(100 / 256)  # what a CRC of 8 bits can't tell
    assert set(damaged) <= wrong
    assert all(np.array_equal(heard[i].bits, messages[i].bits) for i in set(range(400)) - wrong)
    assert all(isinstance(error, PacketError) for error in damaged.values())


def test_a_group_arrives_whole_or_not_at_all(lamps_codec: Codec) -> None:
    speech = lamps_codec.said
    features = np.random.default_rng(0).random((24, lamps_codec.session.units), dtype=np.float32)
    symbols = speech.say(features)
    groups = [Messages(symbols[:8]), Messages(symbols[8:16], {2: b"a picture"}), Messages(symbols[16:])]
    snr_db = torch.tensor([20.0, 20.0, -10.0])
    link = DigitalLink(AWGN())
    arrived, cost = carry_groups(link, groups, speech.language, speech.fingerprint, snr_db, generator=generator())
    assert arrived[2] is None
    for group, found in zip(groups[:2], arrived[:2], strict=True):
        assert found is not None
        assert np.array_equal(found.symbols.units, group.symbols.units)
        assert np.array_equal(found.symbols.levels, group.symbols.levels)
        assert dict(found.sent) == dict(group.sent)
    assert (cost > 0).all()
    assert cost[1] > cost[0]


# --- bad input


def test_errors_name_what_was_wanted() -> None:
    for code_rate, end in ((0.1, "0.2"), (0.96, "0.95"), (math.nan, "0.2")):
        with pytest.raises(LinkError, match=rf"5G's code rates are 0.2 to 0.95, not {code_rate}; the nearest is {end}"):
            DigitalLink(AWGN(), code_rate=code_rate)
    with pytest.raises(LinkError, match=r"one of qpsk, 16qam, 64qam, 256qam, not 'bpsk'"):
        DigitalLink(AWGN(), "bpsk")
    link = DigitalLink(AWGN())
    for k in (0, -1, True):
        with pytest.raises(LinkError, match=rf"a packet has a whole number of bits from 1 on, not {k}"):
            link.symbols(k)
    with pytest.raises(LinkError, match=r"bits are 0 or 1, not 7"):
        link(np.full((1, 20), 7, np.uint8), 3.0, generator=generator())
    with pytest.raises(LinkError, match=r"at least one of each, not of shape \[0, 20\]"):
        link(np.zeros((0, 20), np.uint8), 3.0, generator=generator())
    with pytest.raises(LinkError, match=r"an SNR is a finite number of dB"):
        link(random_bits(1, 20), math.nan, generator=generator())
    received = AWGN()(link.transmit(random_bits(1, 20)), 3.0, generator=generator())
    with pytest.raises(LinkError, match=r"24 symbols for each packet of 24 bits wanted, 20 received"):
        link.receive(received, 24)
    with pytest.raises(LinkError, match=r"packets of at least one byte each wanted, got none"):
        carry(link, [], 3.0, generator=generator())
    with pytest.raises(LinkError, match=r"packets of at least one byte each wanted, got an empty one"):
        carry(link, [b"a", b""], 3.0, generator=generator())
