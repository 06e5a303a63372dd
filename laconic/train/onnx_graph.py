"""An ONNX network rewritten so that it is small and quick in 8 bits; what it computes stays the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float32, Int8

from laconic.extras import need

ELEMENTWISE = ("Add", "Cast", "Div", "Mul", "Sub", "Transpose")


def pooled_last(model: Any) -> Any:
    """The same network whose max-poolings come after batch norms and ReLUs, so that convolutions take these in.

    What does not fall in any channel commutes with the maximum: ReLU, and a batch norm of positive scales. Left
    between convolutions, a batch norm would be done in float.
    """
    tables = {table.name: table for table in model.graph.initializer}
    while any(_moved(node, model.graph, tables) for node in model.graph.node):
        pass
    del model.graph.value_info[:]  # the moved maps' sizes; they are inferred again
    return model


def _moved(pool: Any, graph: Any, tables: Mapping[str, Any]) -> bool:
    """Swap a max-pooling with what alone follows it, if it may."""
    if pool.op_type != "MaxPool" or len(pool.output) != 1:
        return False
    between = pool.output[0]
    users = [node for node in graph.node if between in node.input]
    if len(users) != 1 or not _rises(users[0], tables):
        return False
    user, before, after = users[0], pool.input[0], users[0].output[0]
    held = type(pool)()
    held.CopyFrom(pool)
    pool.CopyFrom(user)  # each stays where it is in the graph, and becomes the other
    user.CopyFrom(held)
    pool.input[0], pool.output[0] = before, between
    user.input[0], user.output[0] = between, after
    return True


def _rises(node: Any, tables: Mapping[str, Any]) -> bool:
    """Whether a node does not fall in any channel of what it is given."""
    if node.op_type != "BatchNormalization":
        return bool(node.op_type == "Relu")
    known = all(name in tables for name in node.input[1:])
    return known and bool((need("onnx", "train").numpy_helper.to_array(tables[node.input[1]]) >= 0).all())


def small_matrices(model: Any) -> Any:
    """The same network whose constant matrices are stored in 8 bits, with a scale for each column of the product."""
    onnx, graph = need("onnx", "train"), model.graph
    tables = {table.name: table for table in graph.initializer}
    stored: dict[tuple[str, int], list[Any]] = {}
    for node in graph.node:
        if node.op_type not in ("Gemm", "MatMul") or node.input[1] not in tables:
            continue
        table = tables[node.input[1]]
        matrix = onnx.numpy_helper.to_array(table)
        turned = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
        if matrix.ndim == 2 and matrix.dtype == np.float32:
            stored.setdefault((table.name, 0 if turned else 1), []).append(node)
    for (name, axis), nodes in stored.items():
        parts = [f"{name}_{part}" for part in ("int8", "scale", "float")]
        for part, array in zip(parts, _in_8_bits(onnx.numpy_helper.to_array(tables[name]), axis), strict=False):
            graph.initializer.append(onnx.numpy_helper.from_array(array, part))
        graph.node.insert(0, onnx.helper.make_node("DequantizeLinear", parts[:2], parts[2:], axis=axis))
        for node in nodes:
            node.input[1] = parts[2]
    used = {name for node in graph.node for name in node.input}
    for table in [table for table in graph.initializer if table.name not in used]:
        graph.initializer.remove(table)
    return model


def _in_8_bits(
    matrix: Float32[np.ndarray, "rows columns"], axis: int
) -> tuple[Int8[np.ndarray, "rows columns"], Float32[np.ndarray, " scales"]]:
    """Whole numbers from -127 to 127, and the scale of each index of `axis`, that give the matrix back."""
    largest = np.abs(matrix).max(axis=1 - axis, keepdims=True)
    scale = np.where(largest > 0, largest / 127, 1).astype(np.float32)
    return np.rint(matrix / scale).astype(np.int8), scale.reshape(-1)


def spread(model: Any) -> Any:
    """The same network that takes each channel's mean from a picture quickly.

    In 8 bits ONNX Runtime keeps channels last, where three means are subtracted three numbers at a time. Expanded to
    the picture's size (when the network is loaded: the file does not grow) they are subtracted a picture at a time.
    """
    onnx, graph = need("onnx", "train"), model.graph
    height, width, channels = (dim.dim_value for dim in graph.input[0].type.tensor_type.shape.dim[1:])
    tables = {table.name: list(table.dims) for table in graph.initializer}
    expands, name = [], graph.input[0].name
    for node in graph.node:
        if name not in node.input or node.op_type not in ELEMENTWISE:
            continue
        name = node.output[0]
        for i, operand in enumerate(node.input):
            if tables.get(operand) == [channels, 1, 1] and channels > 1:
                node.input[i] = f"{operand}_spread"
                expands.append(onnx.helper.make_node("Expand", [operand, "picture_shape"], [node.input[i]]))
    if expands:
        graph.initializer.append(
            onnx.numpy_helper.from_array(np.array([channels, height, width], np.int64), "picture_shape")
        )
        nodes = [*expands, *graph.node]
        del graph.node[:]
        graph.node.extend(nodes)
    return model


def lean(model: Any) -> Any:
    """The same network without what only its makers read: notes, inferred shapes, long names."""
    graph = model.graph
    del model.metadata_props[:], graph.metadata_props[:], graph.value_info[:]
    for part in (*graph.node, *graph.initializer, *graph.input, *graph.output):
        part.ClearField("doc_string")
        del part.metadata_props[:]
    for node in graph.node:
        node.ClearField("name")
    if any(attribute.HasField("g") for node in graph.node for attribute in node.attribute):
        return model  # inner graphs use the outer one's names
    public = {each.name for each in (*graph.input, *graph.output)}
    inner = dict.fromkeys(name for node in graph.node for name in (*node.input, *node.output) if name)
    short = {name: name if name in public else f"{i:x}" for i, name in enumerate(inner)}
    for node in graph.node:
        node.input[:] = [short.get(name, name) for name in node.input]
        node.output[:] = [short.get(name, name) for name in node.output]
    for table in graph.initializer:
        table.name = short[table.name]
    return model
