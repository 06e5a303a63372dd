"""The semantic memory against a list of deques."""

from __future__ import annotations

from collections import deque

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.encoder.features import EncoderError
from laconic.encoder.memory import EMPTY, SemanticMemory


@settings(max_examples=40, deadline=None)
@given(
    batches=st.lists(st.lists(st.integers(0, 3), max_size=9), max_size=6),
    capacity=st.integers(4, 15),
)
def test_it_is_as_many_deques(batches: list[list[int]], capacity: int) -> None:
    memory = SemanticMemory(4, capacity, 1)
    queues: list[deque[float]] = [deque(maxlen=capacity // 4) for _ in range(4)]
    row = 0
    for batch in batches:
        rows = torch.arange(row, row + len(batch), dtype=torch.float32)[:, None]
        memory.add(rows, torch.tensor(batch, dtype=torch.long))
        for value, cluster in zip(rows[:, 0].tolist(), batch, strict=True):
            queues[cluster].append(value)
        row += len(batch)
    for cluster, queue in enumerate(queues):
        assert sorted(memory.rows[memory.tags == cluster, 0].tolist()) == list(queue)
    assert sorted(memory.held()[:, 0].tolist()) == sorted(value for queue in queues for value in queue)
    assert memory.added.sum() == row


def test_its_state_is_all_that_it_remembers() -> None:
    memory, other = SemanticMemory(2, 6, 3), SemanticMemory(2, 6, 3)
    memory.add(torch.rand(7, 3, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1, 1, 1, 1, 0, 1]))
    other.load_state_dict(memory.state_dict())
    for each in (memory, other):
        each.add(torch.ones(2, 3), torch.tensor([1, 0]))
    assert torch.equal(memory.rows, other.rows)
    assert torch.equal(memory.tags, other.tags)
    memory.clear()
    assert len(memory.held()) == 0
    assert (memory.tags == EMPTY).all()


def test_refuses_fewer_places_than_clusters() -> None:
    with pytest.raises(EncoderError, match="a memory of 5 clusters needs as many places or more, not 4"):
        SemanticMemory(5, 4, 2)
