"""A codec's encoder in 8 bits: a quarter of the size, and faster wherever a processor multiplies bytes."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Int8, UInt8

from laconic.codec import Codec
from laconic.codec.folder import INT8, update_folder
from laconic.codec.session import Session
from laconic.contract import LaconicError
from laconic.data import Source, load
from laconic.extras import need

PICTURES = 512  # to calibrate on, at most
BATCH = 64

IN_8_BITS = ("Conv", "Add", "AveragePool", "Clip", "MaxPool", "Relu")
"""Convolutions, and what stays in 8 bits between them. What comes after is done in float: it costs next to nothing,
and which unit is the loudest depends on it."""

ELEMENTWISE = ("Add", "Cast", "Div", "Mul", "Sub", "Transpose")


class QuantiseError(LaconicError):
    """A network that can't be had in 8 bits, or pictures that it can't be calibrated on."""


def quantise_codec(
    folder: Path, source: Source, n: int = PICTURES, seed: int = 0, code: type | None = None
) -> dict[str, Any]:
    """Write the codec in `folder` anew, with its encoder in 8 bits besides; gives what codec.json says of it.

    It is calibrated on `n` pictures drawn from the training split of `source`, which need no labels. The language and
    its fingerprint stay as they are. `code` is the class of the codec's code, if that is an own one.

    Raises:
        QuantiseError: there is no picture, or the encoder can't be had in 8 bits.
        CodecError: the folder can't be read, or not be written; then the old one stays.
        SourceError: the pictures can't be read.
    """
    codec = Codec.load(folder, code)
    split = source.split("train")
    rows = np.sort(np.random.default_rng(seed).permutation(len(split))[:n])
    pictures = load(split.subset(rows), codec.preprocessing).images
    network = quantise((folder / "encoder.onnx").read_bytes(), pictures)
    record = {"source": source.name, "data": split.fingerprint, "pictures": len(pictures), "seed": seed}
    update_folder(folder, {"int8": record}, {INT8: network})
    return record


def quantise(network: bytes, pictures: UInt8[np.ndarray, "n height width channels"]) -> bytes:
    """A codec's encoder.onnx with its convolutions in 8 bits, for the same pictures and features.

    Static quantisation by ONNX Runtime, in QDQ form: signed weights with a scale for each output channel, unsigned
    activations from the least to the largest value that `pictures` make anywhere. (On a codec of CIFAR-10, percentiles
    and entropy agreed no better with the float encoder than these.) Matrices are stored in 8 bits, and multiplied in
    float.

    Raises:
        QuantiseError: there is no picture, or nothing to have in 8 bits, or ONNX Runtime can't.
        CodecError: `network` is no encoder, or not one for such pictures.
    """
    onnx, tool = need("onnx", "train"), need("onnxruntime.quantization", "train")
    prepare = need("onnxruntime.quantization.shape_inference", "train").quant_pre_process
    if not len(pictures):
        raise QuantiseError("pictures to calibrate on wanted, got none: the source's training split is empty")
    Session(network, threads=1)(pictures[:1])  # refuses what does not fit, by name
    model = pooled_last(onnx.load_from_string(network))
    if not {node.op_type for node in model.graph.node} & {"Conv", "Gemm", "MatMul"}:
        raise QuantiseError("this encoder has neither a convolution nor a matrix that could be had in 8 bits")
    reader = _Batches(model.graph.input[0].name, pictures)
    with tempfile.TemporaryDirectory() as folder:
        plain, ready, done = (str(Path(folder, f"{stage}.onnx")) for stage in ("plain", "ready", "done"))
        onnx.save(model, plain)
        try:
            prepare(plain, ready, skip_symbolic_shape=True)
            tool.quantize_static(
                ready,
                done,
                reader,
                op_types_to_quantize=[*IN_8_BITS],
                per_channel=True,
                activation_type=tool.QuantType.QUInt8,
                weight_type=tool.QuantType.QInt8,
            )
        except Exception as error:
            raise QuantiseError(f"ONNX Runtime can't quantise this encoder ({type(error).__name__}: {error})") from error
        model = lean(spread(small_matrices(onnx.load(done))))
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


class _Batches:
    """Pictures as ONNX Runtime's calibration asks for them."""

    def __init__(self, name: str, pictures: UInt8[np.ndarray, "n height width channels"]) -> None:
        self._feeds = ({name: pictures[at : at + BATCH]} for at in range(0, len(pictures), BATCH))

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next batch, or None after the last."""
        return next(self._feeds, None)


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
    tables, stored = {table.name: table for table in graph.initializer}, {}
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
