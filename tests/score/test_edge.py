"""What an encoder costs: multiply-adds against closed forms and torch's own counter, times on a clock that is told."""

from __future__ import annotations

from typing import Any

import lamps
import numpy as np
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch.utils.flop_counter import FlopCounterMode

from laconic.encoder import FeatureEncoder, build_backbone
from laconic.score.activity import ScoreError
from laconic.score.edge import edge_score, median_seconds, multiply_adds, processor
from laconic.train.export import export_onnx
from laconic.train.int8 import quantise


def model_of(nodes: list[Any], shape: list[Any], units: int, **tables: np.ndarray) -> bytes:
    graph = helper.make_graph(
        [helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT), *nodes],
        "test",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", *shape])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", units])],
        [numpy_helper.from_array(table, name) for name, table in tables.items()],
    )
    return bytes(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10).SerializeToString()
    )


def ones(*shape: int) -> np.ndarray:
    return np.ones(shape, np.float32)


def test_a_convolution_in_groups_with_steps_and_padding() -> None:
    conv = helper.make_node("Conv", ["floats", "w"], ["map"], group=2, strides=[2, 1], pads=[1, 0, 1, 0])
    flat = helper.make_node("Flatten", ["map"], ["features"])
    network = model_of([conv, flat], [4, 9, 7], 8 * 5 * 5, w=ones(8, 2, 3, 3))
    assert multiply_adds(network) == 8 * 5 * 5 * 2 * 3 * 3


@pytest.mark.parametrize("kind", ["Gemm", "turned", "MatMul"])
def test_matrix_products(kind: str) -> None:
    flat = helper.make_node("Flatten", ["floats"], ["pixels"])
    turned = {"transB": 1} if kind == "turned" else {}
    product = helper.make_node(kind.replace("turned", "Gemm"), ["pixels", "w"], ["features"], **turned)
    network = model_of([flat, product], [2, 3, 2], 5, w=ones(5, 12) if turned else ones(12, 5))
    assert multiply_adds(network) == 12 * 5


def test_nothing_but_products_counts() -> None:
    assert multiply_adds(lamps.network()) == 0
    assert multiply_adds(lamps.convolution()) == 16


def test_torch_counts_the_same_and_eight_bits_change_nothing() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        encoder = FeatureEncoder(build_backbone("cnnw8", 3, (8, 12)), 3, (8, 12)).eval()
    network = export_onnx(encoder, (8, 12, 3), torch.arange(encoder.units))
    pictures = np.random.default_rng(0).integers(256, size=(8, 8, 12, 3), dtype=np.uint8)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        encoder(torch.from_numpy(pictures[:1]))
    assert multiply_adds(network) == counter.get_total_flops() / 2
    small = quantise(network, pictures)
    assert multiply_adds(small) == multiply_adds(network)
    score = edge_score(small, pictures)
    assert (score.kilobytes, score.multiply_adds) == (len(small) / 1000, multiply_adds(network))
    assert 0 < score.ms < 1000
    assert score.pictures_per_second > 1
    assert len(small) < len(network) / 3


def test_sizes_that_only_running_tells() -> None:
    """A product with as many columns as the pictures have lit pixels."""
    found = helper.make_node("NonZero", ["floats"], ["places"])
    real = helper.make_node("Cast", ["places"], ["numbers"], to=TensorProto.FLOAT)
    product = helper.make_node("MatMul", ["square", "numbers"], ["places_again"])
    mean = helper.make_node("ReduceMean", ["places_again"], ["one"], keepdims=0)
    flat = helper.make_node("Flatten", ["floats"], ["pixels"])
    both = helper.make_node("Add", ["pixels", "one"], ["features"])
    network = model_of([found, real, product, mean, flat, both], [4, 4, 1], 16, square=ones(4, 4))
    with pytest.raises(ScoreError, match="the size of what a MatMul of this encoder gives can't be told without runn"):
        multiply_adds(network)
    lit = np.full((1, 4, 4, 1), 255, np.uint8)
    assert edge_score(network, lit).multiply_adds is None


def test_no_picture_to_time_on() -> None:
    with pytest.raises(ScoreError, match="one picture or more to time an encoder on wanted, got none"):
        edge_score(lamps.network(), np.zeros((0, 4, 4, 1), np.uint8))


def test_the_median_of_as_many_runs_as_there_is_time_for() -> None:
    now, costs, made = 0.0, iter([50.0, 1.0, 3.0, 2.0, 9.0]), []

    def call() -> None:
        nonlocal now
        now += next(costs)
        made.append(now)

    assert median_seconds(call, seconds=6.0, clock=lambda: now) == 2.0
    assert len(made) == 4  # one warms up; then at least three, which take six seconds


def test_the_processor_has_a_name() -> None:
    assert processor()
