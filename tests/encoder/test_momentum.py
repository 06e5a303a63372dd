"""The momentum encoder against equation (2) of momentum contrast, and the queue against a plain list."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from laconic.encoder.features import EncoderError
from laconic.encoder.momentum import MomentumEncoder, Queue


def network(seed: int) -> nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(3, 4, bias=False), nn.BatchNorm1d(4))


def test_the_first_updates_weigh_all_weights_alike_and_later_ones_decay() -> None:
    online = nn.Linear(1, 1, bias=False)
    seen = [3.0, 5.0, 10.0, 10.0, 0.0]
    follower = MomentumEncoder(online, momentum=0.75)
    found = []
    for value in seen:
        nn.init.constant_(online.weight, value)
        follower.follow(online)
        found.append(float(follower.network.weight))
    means = [3.0, 4.0, 6.0, 7.0]  # of the first 1, 2, 3, 4: then 3/4 stays at each step
    assert found == pytest.approx([*means, 0.75 * 7.0])


def test_it_has_no_gradients_and_leaves_the_network_as_it_is() -> None:
    online = network(0)
    follower = MomentumEncoder(online, 0.9)
    before = {name: value.clone() for name, value in online.state_dict().items()}
    follower.follow(network(1))
    assert not any(parameter.requires_grad for parameter in follower.parameters())
    assert all(torch.equal(value, before[name]) for name, value in online.state_dict().items())
    assert not torch.equal(follower.network[0].weight, online[0].weight)


def test_keys_are_normalised_by_their_own_batch() -> None:
    follower = MomentumEncoder(network(0), 0.9).train()
    keys = follower.network(torch.randn(64, 3, generator=torch.Generator().manual_seed(0)) + 5)
    torch.testing.assert_close(keys.mean(0), torch.zeros(4), atol=1e-5, rtol=0)


def test_a_restored_follower_and_queue_go_on_as_the_first_would() -> None:
    first, again = MomentumEncoder(network(0), 0.9), MomentumEncoder(network(2), 0.9)
    first.follow(network(1))
    again.load_state_dict(first.state_dict())
    for follower in (first, again):
        follower.follow(network(3))
    assert all(torch.equal(a, b) for a, b in zip(first.state_dict().values(), again.state_dict().values(), strict=True))
    queue, resumed = Queue(3, 1), Queue(3, 1)
    queue.add(torch.tensor([[1.0], [2.0]]))
    resumed.load_state_dict(queue.state_dict())
    resumed.add(torch.tensor([[3.0], [4.0]]))
    assert sorted(resumed.rows()[:, 0].tolist()) == [2.0, 3.0, 4.0]


@settings(deadline=None)
@given(size=st.integers(1, 7), batches=st.lists(st.integers(0, 10), max_size=6))
def test_the_queue_holds_the_last_rows_that_were_added(size: int, batches: list[int]) -> None:
    queue, added = Queue(size, 2), 0
    for n in batches:
        numbers = torch.arange(added, added + n, dtype=torch.float32)
        queue.add(torch.stack([numbers, -numbers], dim=1))
        added += n
        rows = queue.rows()
        assert len(queue) == len(rows) == min(size, added)
        assert sorted(rows[:, 0].tolist()) == list(range(max(0, added - size), added))
        assert torch.equal(rows[:, 1], -rows[:, 0])


def test_rows_taken_earlier_do_not_change() -> None:
    """The backward pass still needs them when the step's own keys have been added."""
    queue = Queue(2, 1)
    queue.add(torch.ones(2, 1))
    weight = torch.ones(1, requires_grad=True)
    loss = (queue.rows() * weight).sum()
    queue.add(torch.zeros(2, 1))
    loss.backward()
    assert weight.grad is not None
    assert float(weight.grad) == 2


@pytest.mark.parametrize("momentum", [-0.1, 1.0, float("nan")])
def test_refuses_a_momentum_outside_its_range(momentum: float) -> None:
    with pytest.raises(EncoderError, match=r"momentum is from 0 to below 1 .* not "):
        MomentumEncoder(network(0), momentum)


def test_refuses_a_queue_without_places() -> None:
    with pytest.raises(EncoderError, match="at least one place, not 0"):
        Queue(0, 3)
