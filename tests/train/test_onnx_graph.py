"""Rewritten graphs: the same numbers to the last bit where nothing is rounded, and a bound where something is."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from laconic.train.onnx_graph import lean, pooled_last, small_matrices, spread

PICTURES = np.random.default_rng(0).integers(256, size=(3, 6, 4, 2), dtype=np.uint8)


def graph_of(nodes: list[Any], units: int, **tables: np.ndarray) -> Any:
    """A model of uint8 pictures [n, 6, 4, 2] to `features`."""
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", 6, 4, 2])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", units])],
        [numpy_helper.from_array(table, name) for name, table in tables.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def normalised() -> list[Any]:
    """Nodes that take `mean` from pictures and divide by `std`."""
    return [
        helper.make_node("Transpose", ["images"], ["turned"], name="first", doc_string="a note", perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["turned"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["floats", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "std"], ["pictures"]),
    ]


NORMALS = {
    "mean": np.array([100, 120], np.float32).reshape(2, 1, 1),
    "std": np.array([60, 70], np.float32).reshape(2, 1, 1),
}


def pooled(scale: np.ndarray) -> Any:
    """Pooling, a batch norm of these scales, and a ReLU; all pixels are features."""
    nodes = [
        *normalised(),
        helper.make_node("MaxPool", ["pictures"], ["highest"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("BatchNormalization", ["highest", "scale", "shift", "at", "variance"], ["same"], epsilon=0.0),
        helper.make_node("Relu", ["same"], ["bright"]),
        helper.make_node("Flatten", ["bright"], ["features"]),
    ]
    rest = {"shift": [0.5, -0.1], "at": [0.2, 0.3], "variance": [1.0, 4.0]}
    return graph_of(nodes, 12, scale=scale, **NORMALS, **{k: np.array(v, np.float32) for k, v in rest.items()})


def run(model: Any) -> np.ndarray:
    onnx.checker.check_model(model, full_check=True)
    return np.asarray(ReferenceEvaluator(model).run(None, {"images": PICTURES})[0])


def kinds(model: Any) -> list[str]:
    return [node.op_type for node in model.graph.node][-4:]


def test_pooling_moves_behind_what_does_not_fall() -> None:
    scale = np.array([0.0, 2.0], np.float32)
    model = pooled_last(pooled(scale))
    assert kinds(model) == ["BatchNormalization", "Relu", "MaxPool", "Flatten"]
    np.testing.assert_array_equal(run(model), run(pooled(scale)))


def test_pooling_stays_before_a_norm_that_falls() -> None:
    scale = np.array([1.0, -1e-3], np.float32)
    model = pooled_last(pooled(scale))
    assert kinds(model) == ["MaxPool", "BatchNormalization", "Relu", "Flatten"]
    np.testing.assert_array_equal(run(model), run(pooled(scale)))


def test_pooling_stays_where_others_use_what_it_gives() -> None:
    nodes = [
        *normalised(),
        helper.make_node("MaxPool", ["pictures"], ["highest"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Relu", ["highest"], ["bright"]),
        helper.make_node("Add", ["highest", "bright"], ["both"]),
        helper.make_node("Flatten", ["both"], ["features"]),
    ]
    assert kinds(pooled_last(graph_of(nodes, 12, **NORMALS))) == ["MaxPool", "Relu", "Add", "Flatten"]


@pytest.mark.parametrize("turned", [False, True])
def test_a_matrix_is_stored_in_bytes_and_off_by_half_a_step_at_most(turned: bool) -> None:
    matrix = np.random.default_rng(1).normal(size=(48, 4)).astype(np.float32) * np.float32([1e-3, 1, 100, 0])
    flat = [*normalised(), helper.make_node("Flatten", ["pictures"], ["pixels"])]
    product = helper.make_node("Gemm", ["pixels", "matrix"], ["features"], **({"transB": 1} if turned else {}))
    model = graph_of([*flat, product], 4, matrix=matrix.T.copy() if turned else matrix, **NORMALS)
    exact = run(model)
    changed = small_matrices(model)
    tables = {table.name: numpy_helper.to_array(table) for table in changed.graph.initializer}
    assert "matrix" not in tables
    assert tables["matrix_int8"].dtype == np.int8
    pixels = np.abs((PICTURES.transpose(0, 3, 1, 2) - NORMALS["mean"]) / NORMALS["std"]).reshape(3, -1)
    step = np.abs(matrix).max(axis=0) / 127
    assert (np.abs(run(changed) - exact) <= pixels.sum(axis=1)[:, None] * step / 2 * (1 + 1e-4) + 1e-12).all()
    np.testing.assert_array_equal(run(changed)[:, 3], 0)


def test_a_shared_matrix_is_stored_once() -> None:
    nodes = [
        *normalised(),
        helper.make_node("Flatten", ["pictures"], ["pixels"]),
        helper.make_node("MatMul", ["pixels", "matrix"], ["a"]),
        helper.make_node("MatMul", ["pixels", "matrix"], ["b"]),
        helper.make_node("Add", ["a", "b"], ["features"]),
    ]
    model = small_matrices(graph_of(nodes, 1, matrix=np.ones((48, 1), np.float32), **NORMALS))
    assert [node.op_type for node in model.graph.node].count("DequantizeLinear") == 1
    assert run(model).shape == (3, 1)


def test_means_are_spread_over_the_picture() -> None:
    flat = [*normalised(), helper.make_node("Flatten", ["pictures"], ["features"])]
    exact = run(graph_of(flat, 48, **NORMALS))
    model = spread(graph_of(flat, 48, **NORMALS))
    assert [node.op_type for node in model.graph.node][:2] == ["Expand", "Expand"]
    np.testing.assert_array_equal(run(model), exact)


def test_names_and_notes_go_and_nothing_else() -> None:
    model = pooled(np.ones(2, np.float32))
    exact, before = run(model), len(model.SerializeToString())
    small = lean(model)
    assert not any(node.name or node.doc_string for node in small.graph.node)
    assert [small.graph.input[0].name, small.graph.output[0].name] == ["images", "features"]
    assert len(small.SerializeToString()) < before
    np.testing.assert_array_equal(run(small), exact)
