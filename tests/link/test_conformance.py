"""Ours conform; each convention that means something else by 10 dB, or by Rayleigh, is caught and told by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import pytest
import torch
from jaxtyping import config
from torch import Tensor, nn

from laconic.link import AWGN, Findings, LinkError, Rayleigh, Received, Rician, conformance
from laconic.link.conform import Model

MODELS = (AWGN(), Rayleigh(), Rayleigh(block=False), Rician(2.0), Rician(0.5, block=False))
SNR_LINES = {f"SNR per complex symbol at {label} dB, in dB" for label in (-10, 0, 10, 20)}
ERROR_LINES = {f"bit error rate of QPSK at {label} dB" for label in (0, 10)}
IN_SIGHT = "gain: E[h], real part"
AXES = "gain: difference of its axes"
WITHIN = "gain: part of its variance within packets"
ONE_FOR_ALL = "gain: correlation with the next packet's"
FOURTH = "gain: E|h|^4 / (E|h|^2)^2"
TURNS = "gain: j x gives j times what x gives, error"
LOUDER = "SNR beside packets 9 times as strong, ratio"
FADED = "noise: following a packet's faded power"
FADED_BATCH = "noise: following the batch's faded power"


@pytest.fixture(autouse=True)
def shapes_unchecked() -> Iterator[None]:
    """Hundreds of calls would spend most of their time on it; the first test alone checks shapes."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


def deviation(snr_db: float) -> float:
    return 10 ** (-snr_db / 20)


def noise(like: Tensor) -> Tensor:
    return torch.randn(like.shape, dtype=like.dtype)


def halved(reals: Tensor, snr_db: float) -> Tensor:
    """The noise of one axis, in reals whose own power is the signal's."""
    power = reals.square().mean(1, keepdim=True)
    return reals + (power / 2).sqrt() * deviation(snr_db) * noise(reals)


def unit_reals(reals: Tensor, snr_db: float) -> Tensor:
    """Noise for symbols of power 1, in reals of power 1."""
    return reals + math.sqrt(0.5) * deviation(snr_db) * noise(reals)


def whole_noise_on_each_axis(symbols: Tensor, snr_db: float) -> Tensor:
    return symbols + math.sqrt(2) * deviation(snr_db) * noise(symbols)


def positive_gain(symbols: Tensor, snr_db: float) -> tuple[Tensor, Tensor]:
    """A gain without a phase for each symbol."""
    gain = noise(symbols).abs()
    return gain * symbols + deviation(snr_db) * noise(symbols), gain


def two_real_gains(reals: Tensor, snr_db: float) -> Tensor:
    """One for each half of all packets of a batch."""
    gains = torch.randn(2).repeat_interleave(reals.shape[1] // 2)
    return gains * reals + math.sqrt(0.5) * deviation(snr_db) * noise(reals)


def gains_of_i_and_q(reals: Tensor, snr_db: float) -> Tensor:
    """One for each axis, in all packets of a batch."""
    gains = torch.randn(2).repeat(reals.shape[1] // 2)
    return gains * reals + math.sqrt(0.5) * deviation(snr_db) * noise(reals)


def noise_after_the_fade(symbols: Tensor, snr_db: float) -> tuple[Tensor, Tensor]:
    """Scaled by what arrives of each packet."""
    gain = noise(symbols[:, :1])
    power = (gain * symbols).abs().square().mean(1, keepdim=True)
    return gain * symbols + power.sqrt() * deviation(snr_db) * noise(symbols), gain


def noise_after_the_batch_faded(symbols: Tensor, snr_db: float) -> tuple[Tensor, Tensor]:
    """Scaled by what arrives of all packets."""
    gain = noise(symbols[:, :1])
    power = (gain * symbols).abs().square().mean()
    return gain * symbols + power.sqrt() * deviation(snr_db) * noise(symbols), gain


def power_of_the_batch(symbols: Tensor, snr_db: float) -> Tensor:
    return symbols + symbols.abs().square().mean().sqrt() * deviation(snr_db) * noise(symbols)


def always_10_db(symbols: Tensor, snr_db: float) -> Tensor:  # noqa: ARG001
    return symbols + deviation(10) * noise(symbols)


def one_gain(symbols: Tensor, snr_db: float) -> Tensor:
    return noise(symbols[:1, :1]) * symbols + deviation(snr_db) * noise(symbols)


def one_noise(symbols: Tensor, snr_db: float) -> Tensor:
    return symbols + deviation(snr_db) * noise(symbols[:1])


def noise_of_a_packet(symbols: Tensor, snr_db: float) -> Tensor:
    return symbols + deviation(snr_db) * noise(symbols[:, :1])


def real_noise(symbols: Tensor, snr_db: float) -> Tensor:
    return symbols + deviation(snr_db) * noise(symbols.real)


CONVENTIONS: list[tuple[Callable[..., object], dict[str, object], set[str]]] = [
    (halved, {"reals": True}, SNR_LINES | ERROR_LINES),
    (unit_reals, {"reals": True, "power": 2.0}, SNR_LINES | ERROR_LINES),
    (whole_noise_on_each_axis, {}, SNR_LINES | ERROR_LINES),
    (positive_gain, {"model": Rayleigh(block=False)}, {IN_SIGHT, AXES}),
    (two_real_gains, {"model": Rayleigh(), "reals": True}, {FOURTH, AXES, WITHIN, ONE_FOR_ALL} | ERROR_LINES),
    (gains_of_i_and_q, {"model": Rayleigh(), "reals": True}, {TURNS, WITHIN, ONE_FOR_ALL}),
    (noise_after_the_fade, {"model": Rayleigh()}, {FADED, FADED_BATCH} | ERROR_LINES),
    (noise_after_the_batch_faded, {"model": Rayleigh()}, {LOUDER, FADED, FADED_BATCH}),
    (power_of_the_batch, {}, {LOUDER}),
    (one_gain, {}, {ONE_FOR_ALL}),
    (one_noise, {}, {"noise: correlation with the next packet's"}),
    (noise_of_a_packet, {}, {"noise: correlation with the next symbol's"}),
    (real_noise, {}, {"noise: difference of its axes"} | ERROR_LINES),
]


def verdict(findings: Findings, name: str) -> tuple[float, float, str]:
    (found,) = (each for each in findings.verdicts if each.name == name)
    return found.measured, found.standard_error, found.note


@pytest.mark.parametrize("channel", MODELS, ids=str)
def test_ours_conform(channel: Model) -> None:
    config.update("jaxtyping_disable", not isinstance(channel, AWGN))
    findings = conformance(channel)
    assert findings.holds, findings
    assert findings.model == channel
    assert len(findings.verdicts) == (20 if isinstance(channel, AWGN) else 25)


@pytest.mark.parametrize(("channel", "options", "broken"), CONVENTIONS, ids=lambda part: getattr(part, "__name__", ""))
def test_a_convention_is_caught_by_just_the_verdicts_that_it_breaks(
    channel: Callable[..., object], options: dict[str, object], broken: set[str]
) -> None:
    findings = conformance(channel, **options)  # type: ignore[arg-type]
    assert {each.name for each in findings.broken} == broken, findings
    assert not findings.holds


@pytest.mark.parametrize(
    ("channel", "options", "offset", "note"),
    [
        (halved, {"reals": True}, 3.01, "3.01 dB above its label: it counts power per real, but noise per complex"),
        (unit_reals, {"reals": True, "power": 2.0}, 3.01, "3.01 dB above its label: it counts power per real"),
        (unit_reals, {"reals": True}, 0.0, ""),
        (whole_noise_on_each_axis, {}, -3.01, "3.01 dB below its label: it counts power per complex symbol, but noise"),
    ],
)
def test_a_factor_of_two_is_named(
    channel: Callable[..., Tensor], options: dict[str, bool | float], offset: float, note: str
) -> None:
    findings = conformance(channel, **options)  # type: ignore[arg-type]
    for label in (-10, 0, 10, 20):
        measured, error, said = verdict(findings, f"SNR per complex symbol at {label} dB, in dB")
        assert abs(measured - label - offset) < 4 * error + 0.001
        assert 0.005 < error < 0.02
        assert said.startswith(note)
        assert bool(said) == bool(note)


def test_what_a_number_means_is_told() -> None:
    findings = conformance(positive_gain)
    assert verdict(findings, IN_SIGHT)[0] == pytest.approx(math.sqrt(math.pi) / 2, abs=0.005)
    assert verdict(findings, AXES)[::2] == (pytest.approx(1), "1: a real gain, which turns no phase")
    findings = conformance(one_gain)
    assert verdict(findings, ONE_FOR_ALL)[::2] == (pytest.approx(1), "1: one for the whole batch")
    findings = conformance(noise_after_the_fade)
    assert verdict(findings, FADED)[0] == pytest.approx(1, abs=0.03)
    assert "so that no fade is deep" in verdict(findings, FADED)[2]
    assert verdict(conformance(power_of_the_batch), LOUDER)[0] == pytest.approx(1 / 5)


def test_an_ignored_label_is_told() -> None:
    findings = conformance(always_10_db)
    measured, error, note = verdict(findings, "SNR from the label 0 to 20 dB, in dB")
    assert abs(measured) < 4 * error
    assert note == "the SNR given at the call is ignored"
    assert verdict(findings, "SNR per complex symbol at -10 dB, in dB")[2].endswith(" dB above its label")


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_the_nearest_model_is_found(model: Model) -> None:
    def plain(symbols: Tensor, snr_db: float, generator: torch.Generator) -> Tensor:
        return model(symbols, snr_db, generator=generator).symbols

    findings = conformance(plain)
    assert findings.holds, findings
    assert type(findings.model) is type(model)
    assert getattr(findings.model, "block", None) == getattr(model, "block", None)
    assert getattr(findings.model, "factor", 1.0) == pytest.approx(getattr(model, "factor", 1.0), rel=0.2)


def test_another_model_than_the_channels_is_no_match() -> None:
    assert {each.name for each in conformance(Rayleigh(), Rician(1.0)).broken} >= {FOURTH, IN_SIGHT}
    assert {each.name for each in conformance(Rayleigh(), Rayleigh(block=False)).broken} == {WITHIN}


def test_conventions_of_calling() -> None:
    class Layer(nn.Module):
        def forward(self, reals: Tensor, snr_db: float) -> Tensor:
            return reals + math.sqrt(0.5) * deviation(snr_db) * noise(reals)

    before = torch.get_rng_state()
    assert conformance(Layer(), reals=True).holds
    assert conformance(lambda x, s: (x + deviation(s) * noise(x), torch.ones(len(x), 1))).holds
    assert torch.equal(torch.get_rng_state(), before)


def test_a_channel_must_draw_from_what_it_is_given() -> None:
    own = torch.Generator().manual_seed(0)

    def elsewhere(symbols: Tensor, snr_db: float, generator: torch.Generator) -> Tensor:  # noqa: ARG001
        return symbols + deviation(snr_db) * noise(symbols)

    def its_own(symbols: Tensor, snr_db: float) -> Tensor:
        return symbols + deviation(snr_db) * torch.randn(symbols.shape, dtype=symbols.dtype, generator=own)

    for channel in (elsewhere, its_own):
        (only,) = conformance(channel).verdicts
        assert not only.holds
        assert only.name == "same generator, same output: difference"
        assert only.note.startswith("nothing else can be told: let it draw from its generator")


def test_draws_that_are_always_the_same_are_found() -> None:
    def frozen(symbols: Tensor, snr_db: float) -> Tensor:
        same = torch.Generator().manual_seed(0)
        return symbols + deviation(snr_db) * torch.randn(symbols.shape, dtype=symbols.dtype, generator=same)

    name = "noise: correlation with the next call's"
    assert verdict(conformance(frozen), name)[::2] == (pytest.approx(1), "1: each call has the same noise")


def test_what_a_channel_tells_is_held_against_what_it_does() -> None:
    def untrue(symbols: Tensor, snr_db: float | Tensor, generator: torch.Generator) -> Received:
        received = Rayleigh()(symbols, snr_db, generator=generator)
        return Received(received.symbols, received.gain.conj(), received.noise_variance / 2)

    findings = conformance(untrue)
    assert {each.name for each in findings.broken} == {
        "gain told, error",
        "noise variance told over measured",
        *ERROR_LINES,
    }
    assert verdict(findings, "noise variance told over measured")[0] == pytest.approx(0.5, abs=0.01)


def test_packets_of_one_batch_must_have_snrs_of_their_own() -> None:
    def mean_snr(symbols: Tensor, snr_db: float | Tensor, generator: torch.Generator) -> Received:
        return AWGN()(symbols, float(torch.as_tensor(snr_db).mean()), generator=generator)

    findings = conformance(mean_snr)
    assert {each.name for each in findings.broken} == {"SNR of 0 and 20 dB in one batch, in dB"}


def test_no_noise_at_all_is_no_error() -> None:
    assert {each.name for each in conformance(lambda symbols, snr_db: symbols).broken} > SNR_LINES  # noqa: ARG005


def test_a_verdict_a_line() -> None:
    findings = conformance(halved, reals=True)
    head, *lines = str(findings).splitlines()
    assert head.split() == ["held", "against", "AWGN()", "wanted", "measured", "+-", "standard", "error"]
    assert lines == [str(each) for each in findings.verdicts]
    assert lines[0].endswith(" holds")
    assert lines[3].split()[:11] == ["SNR", "per", "complex", "symbol", "at", "10", "dB,", "in", "dB", "10", "13.01"]
    assert "BROKEN  3.01 dB above its label" in lines[3]


def test_refuses_answers_that_are_none() -> None:
    text = r"a channel answers a tensor of \[32, 64\] with one like it, with \(tensor, gain\), or with a Received; "
    with pytest.raises(LinkError, match=text + r"this one gave a tensor of \[31, 64\]"):
        conformance(lambda symbols, snr_db: symbols[1:])  # noqa: ARG005
    with pytest.raises(LinkError, match=text + "this one gave a float"):
        conformance(lambda symbols, snr_db: snr_db)  # noqa: ARG005
    with pytest.raises(LinkError, match=r"a gain is a tensor of \[32, 1\] or \[32, 64\], per complex symbol"):
        conformance(lambda symbols, snr_db: (symbols, symbols[0]))  # noqa: ARG005


@pytest.mark.parametrize("power", [0.0, -1.0, math.nan, math.inf])
def test_refuses_a_power_that_is_none(power: float) -> None:
    with pytest.raises(LinkError, match=rf"power is the mean \|x\|\^2 per complex symbol, .* not {power}"):
        conformance(AWGN(), power=power)
