"""The downlink: who hears what, with which signal over interference and noise, and what it costs in symbols."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from laconic.link import AWGN, Channel, Downlink, LinkError, Rayleigh, Received, Rician, SymbolBudget, sinr
from laconic.link.symbol_budget import Accounting

CHANNELS: tuple[Channel, ...] = (AWGN(), Rayleigh(), Rician(2.0), Rayleigh(block=False))
ACCOUNTS: tuple[Accounting, ...] = ("pooled", "per-user")
SILENT_DB = 200.0
CELLS, USERS, GROUPS, COMMON, PRIVATE = 3, 6, 3, 8, 12


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def cell(common: int = COMMON, private: int = PRIVATE) -> tuple[Tensor, Tensor, Tensor]:
    """Features of very different power, and groups in no order."""
    shared = torch.randn(CELLS, GROUPS, common, generator=seeded(1)) * torch.logspace(-2, 2, GROUPS)[:, None]
    own = torch.randn(CELLS, USERS, private, generator=seeded(2)) * torch.logspace(-2, 2, USERS)[:, None]
    groups = torch.stack([torch.randperm(USERS, generator=seeded(n)) % GROUPS for n in range(CELLS)])
    return shared, own, groups


def unit(vectors: Tensor) -> Tensor:
    """Unit mean power per symbol: 1/2 per real."""
    return F.normalize(vectors, dim=-1) * math.sqrt(vectors.shape[-1] / 2)


def wanted(common: Tensor, private: Tensor, groups: Tensor) -> Tensor:
    rows = [[unit(common[c, groups[c, k]]) for k in range(USERS)] for c in range(CELLS)]
    return torch.cat([torch.stack([torch.stack(row) for row in rows]), unit(private)], dim=2)


@dataclass(frozen=True)
class Overheard:
    """A channel that keeps what it was given, for looking at."""

    channel: Channel
    kept: list[tuple[Tensor, Received]]

    def __call__(self, symbols: Tensor, snr_db: float | Tensor, *, generator: torch.Generator) -> Received:
        self.kept.append((symbols, self.channel(symbols, snr_db, generator=generator)))
        return self.kept[-1][1]


@pytest.mark.parametrize("channel", CHANNELS, ids=str)
def test_in_slots_of_their_own_all_arrives_as_it_was_sent(channel: Channel) -> None:
    heard = Downlink(channel)(*cell(), SILENT_DB, generator=seeded())
    torch.testing.assert_close(heard, wanted(*cell()), rtol=1e-4, atol=1e-4)


def test_equations_4_and_5_with_their_leak() -> None:
    """Before the equaliser, over AWGN without noise, written with loops."""
    common, private, groups = cell()
    for leak in (0.25, 1.0):
        kept: list[tuple[Tensor, Received]] = []
        Downlink(Overheard(AWGN(), kept), leak)(common, private, groups, SILENT_DB, generator=seeded())
        heard = torch.view_as_real(kept[0][1].symbols).flatten(1).reshape(CELLS, USERS, -1)
        for c in range(CELLS):
            for k in range(USERS):
                g = int(groups[c, k])
                y_c = unit(common[c, g]) + math.sqrt(leak) * sum(unit(common[c, o]) for o in range(GROUPS) if o != g)
                y_p = unit(private[c, k]) + math.sqrt(leak) * sum(unit(private[c, o]) for o in range(USERS) if o != k)
                torch.testing.assert_close(heard[c, k], torch.cat([y_c, y_p]), rtol=1e-4, atol=1e-4)


def test_both_stages_pass_the_same_channel() -> None:
    kept: list[tuple[Tensor, Received]] = []
    Downlink(Overheard(Rayleigh(), kept))(*cell(), 10.0, generator=seeded())
    ((sent, received),) = kept
    assert received.gain.shape == (CELLS * USERS, 1)
    assert sent.shape == (CELLS * USERS, (COMMON + PRIVATE) // 2)


@pytest.mark.parametrize("leak", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("snr_db", [0.0, 15.0])
@pytest.mark.parametrize("streams", [2, 10])
def test_the_measured_sinr_is_the_closed_form(leak: float, snr_db: float, streams: int) -> None:
    """One user's own stream against all the rest, for streams that have nothing to do with each other."""
    kept: list[tuple[Tensor, Received]] = []
    private = torch.randn(40, streams, 512, generator=seeded())
    groups = torch.zeros(40, streams, dtype=torch.int64)
    downlink = Downlink(Overheard(AWGN(), kept), leak)
    downlink(torch.zeros(40, 1, 0), private, groups, snr_db, generator=seeded())
    received = torch.view_as_real(kept[0][1].symbols).flatten(1)
    rest = received - unit(private).flatten(0, 1)
    n = rest.numel()
    # correlated errors: a leaked stream is heard by all others, so n / streams of them are independent at least
    measured = float(unit(private).square().mean() / rest.square().mean())
    assert measured == pytest.approx(sinr(streams, leak, snr_db), rel=5 * math.sqrt(2 * streams / n))


def test_the_papers_literal_equations_leave_no_signal() -> None:
    assert 10 * math.log10(sinr(10, 1.0, SILENT_DB)) == pytest.approx(-9.54, abs=0.01)
    assert 10 * math.log10(sinr(50, 1.0, SILENT_DB)) == pytest.approx(-16.90, abs=0.01)
    assert 10 * math.log10(sinr(50, 0.0, 12.0, gain_power=0.5)) == pytest.approx(12 - 3.01, abs=0.01)


@pytest.mark.parametrize(("leak", "snr_db"), [(0.0, 3.0), (0.3, 10.0), (1.0, SILENT_DB)])
def test_the_estimate_errs_as_the_best_linear_one_of_that_sinr(leak: float, snr_db: float) -> None:
    """1 / (1 + SINR) of the signal's power: a wrong scale would err more."""
    private = torch.randn(60, 8, 512, generator=seeded())
    groups = torch.zeros(60, 8, dtype=torch.int64)
    heard = Downlink(AWGN(), leak)(torch.zeros(60, 1, 0), private, groups, snr_db, generator=seeded(1))
    error = 2 * (heard - unit(private)).square().mean()
    expected = 1 / (1 + sinr(8, leak, snr_db))
    assert float(error) == pytest.approx(expected, rel=5 * math.sqrt(2 * 8 / heard.numel()))


def test_groups_drawn_apart_cancel_each_other_when_all_is_superposed() -> None:
    """A simplex's corners sum to 0: what repulsion aims at is what the printed (4) makes silent."""
    corners = unit(torch.eye(4) - 0.25)[None]
    groups = torch.arange(4)[None]
    kept: list[tuple[Tensor, Received]] = []
    downlink = Downlink(Overheard(AWGN(), kept), leak=1.0)
    downlink(corners, torch.randn(1, 4, 2, generator=seeded()), groups, 10.0, generator=seeded())
    assert float(kept[0][0][:, :2].abs().max()) < 1e-6


def test_each_user_may_have_its_own_snr() -> None:
    common, private, groups = cell(400, 400)
    snr_db = torch.tensor([0.0, 5.0, 10.0, 15.0, 20.0, 25.0]).expand(CELLS, -1)
    kept: list[tuple[Tensor, Received]] = []
    Downlink(Overheard(AWGN(), kept))(common, private, groups, snr_db, generator=seeded())
    noise = (kept[0][1].symbols - kept[0][0]).abs().square().mean(1).reshape(CELLS, USERS)
    assert float((noise * 10 ** (snr_db / 10) - 1).abs().max()) < 5 / math.sqrt(400)


def test_without_common_features_there_is_one_stage() -> None:
    _, private, groups = cell()
    heard = Downlink(AWGN())(torch.zeros(CELLS, GROUPS, 0), private, groups, SILENT_DB, generator=seeded())
    torch.testing.assert_close(heard, unit(private), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("leak", [0.0, 0.5])
def test_gradients_reach_a_groups_features_from_all_its_users(leak: float) -> None:
    common, private, groups = cell()
    common.requires_grad_()
    heard = Downlink(AWGN(), leak)(common, private, groups, 10.0, generator=seeded())
    (gradient,) = torch.autograd.grad(heard[0, groups[0] == 1, :COMMON].square().sum(), common, retain_graph=True)
    touched = gradient.abs().sum(2) > 1e-9
    assert touched[1:].any().item() is False
    assert touched[0].tolist() == ([True] * 3 if leak else [False, True, False])
    for user in (groups[0] == 1).nonzero().flatten().tolist():
        (one,) = torch.autograd.grad(heard[0, user, 0], common, retain_graph=True)
        assert bool(one[0, 1].any())


def test_refuses_what_cannot_be_sent() -> None:
    common, private, groups = cell()
    with pytest.raises(LinkError, match=r"common features are those of groups 0 to 2; users are of 0 to 3"):
        Downlink(AWGN())(common, private, groups.where(groups < 2, 3), 10.0, generator=seeded())
    with pytest.raises(LinkError, match="an even number of them, not 7"):
        Downlink(AWGN())(common[:, :, 1:], private, groups, 10.0, generator=seeded())
    with pytest.raises(LinkError, match="finite number of dB"):
        Downlink(AWGN())(common, private, groups, math.nan, generator=seeded())
    for leak in (-0.1, 1.1, math.nan):
        with pytest.raises(LinkError, match=f"power that gets through, 0 to 1, not {leak}"):
            Downlink(AWGN(), leak)


def test_the_papers_budget_under_both_readings() -> None:
    """1024 reals an image are 512 symbols; a fifth of them is common."""
    pooled = SymbolBudget.from_ratio(50, 10, 512, 0.2, "pooled")
    assert (2 * pooled.common, 2 * pooled.private, pooled.charged) == (1024, 818, 102.4)
    assert pooled.spent == 50 * 409 + 10 * 512 <= 50 * 512
    per_user = SymbolBudget.from_ratio(50, 10, 512, 0.2, "per-user")
    assert (2 * per_user.common, 2 * per_user.private, per_user.charged) == (204, 820, 102)
    assert per_user.spent == 50 * 410 + 10 * 102 < pooled.spent


@settings(deadline=None)
@given(
    users=st.integers(1, 60),
    symbols=st.integers(1, 600),
    ratio=st.floats(0, 0.99),
    accounting=st.sampled_from(ACCOUNTS),
    data=st.data(),
)
def test_a_budget_is_never_overdrawn_nor_left_unused(
    users: int, symbols: int, ratio: float, accounting: Accounting, data: st.DataObject
) -> None:
    groups = data.draw(st.integers(1, users))
    try:
        budget = SymbolBudget.from_ratio(users, groups, symbols, ratio, accounting)
    except LinkError:
        assert ratio * symbols < 1 or (1 - ratio) * symbols < 2
        return
    counted = budget.private + budget.charged
    assert symbols - 1 < counted <= symbols * (1 + 1e-12)
    assert budget.spent <= users * symbols
    hearers = users / groups if accounting == "pooled" else 1
    assert abs(budget.common - ratio * symbols * hearers) <= 0.5


def test_private_only_spends_the_same_under_both_accountings() -> None:
    assert {SymbolBudget.from_ratio(20, 4, 64, 0.0, accounting).spent for accounting in ACCOUNTS} == {20 * 64}


def test_refuses_budgets_that_are_smaller_than_their_common_part() -> None:
    message = r"512 symbols a picture leaves none of the user's own: the common part takes 600 \(per-user\); share less"
    with pytest.raises(LinkError, match=message):
        SymbolBudget(50, 10, 512, 600, "per-user")
    with pytest.raises(LinkError, match=r"the common part takes 512 \(pooled\)"):
        SymbolBudget(50, 10, 512, 2560)
    assert SymbolBudget(50, 10, 512, 600).private == 392
    with pytest.raises(LinkError, match=r"a part 0\.01 of 20 symbols a picture is no whole common symbol"):
        SymbolBudget.from_ratio(50, 10, 20, 0.01, "per-user")
    with pytest.raises(LinkError, match="a group shares 0 symbols or more, not -1"):
        SymbolBudget(50, 10, 512, -1)
    for groups in (0, 51):
        with pytest.raises(LinkError, match=f"50 users are divided into 1 to 50 groups, not {groups}"):
            SymbolBudget.from_ratio(50, groups, 512, 0.2)
    for ratio in (-0.1, 1.0, math.nan):
        with pytest.raises(LinkError, match=f"a ratio from 0 to below 1 of the symbols, not {ratio}"):
            SymbolBudget.from_ratio(50, 10, 512, ratio)
