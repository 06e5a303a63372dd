"""What an encoder costs at the edge: kilobytes, multiply-adds, milliseconds."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from laconic.codec.session import Session
from laconic.contract import LaconicError
from laconic.data import Items
from laconic.extras import need
from laconic.score.activity import ScoreError

BATCH = 64
SECONDS = 0.4  # to spend on each latency
FEWEST, MOST = 3, 101  # runs, after one that warms up


@dataclass(frozen=True)
class EdgeScore:
    """One encoder's cost.

    `kilobytes` are of 1000 bytes. `multiply_adds` are those of one picture, or None where they can't be told. They are
    a proxy for its energy, which was not measured: one of 8 bits takes less than one of 32. `ms` is the median time of
    one picture alone, in milliseconds; `pictures_per_second` is 64 over the median time of 64 together. Both are
    processor time on one thread, which on an idle machine is the time that passes.
    """

    kilobytes: float
    multiply_adds: int | None
    ms: float
    pictures_per_second: float


def edge_score(network: bytes, pictures: Items) -> EdgeScore:
    """An encoder's cost on these pictures, repeated to make 64; about a second is spent on it.

    Raises:
        ScoreError: there is no picture.
        CodecError: `network` is no encoder, or not one for such pictures.
    """
    if not len(pictures):
        raise ScoreError("one picture or more to time an encoder on wanted, got none")
    session = Session(network, threads=1)
    batch = np.ascontiguousarray(np.resize(pictures, (BATCH, *pictures.shape[1:])))
    return EdgeScore(
        kilobytes=len(network) / 1000,
        multiply_adds=_known_multiply_adds(network),
        ms=1000 * median_seconds(lambda: session(batch[:1])),
        pictures_per_second=BATCH / median_seconds(lambda: session(batch)),
    )


def median_seconds(
    call: Callable[[], object], seconds: float = SECONDS, clock: Callable[[], float] = time.process_time
) -> float:
    """The median time of a call, repeated for about so many seconds, after one that warms up."""
    call()
    times: list[float] = []
    while len(times) < FEWEST or (sum(times) < seconds and len(times) < MOST):
        start = clock()
        call()
        times.append(clock() - start)
    return statistics.median(times)


def multiply_adds(network: bytes) -> int:
    """Multiply-adds of an encoder for one picture: of its convolutions and matrix products, in 8 bits or in float.

    A convolution takes `out_channels x rows x columns x in_channels / groups x kernel_rows x kernel_columns` of them,
    padding included, a product of [n, k] and [k, m] takes n k m, and an LSTM for each word and direction those of its
    two matrices. All else (pooling, activations, means) is left out.

    Raises:
        ScoreError: the sizes of its maps can't be told without running it.
    """
    onnx = need("onnx", "train")
    model = onnx.load_from_string(network)
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    del model.graph.value_info[:]  # sizes that were written down may hold the batch's
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {table.name: tuple(table.dims) for table in inferred.initializer}
    for info in (*inferred.input, *inferred.value_info, *inferred.output):
        shapes[info.name] = tuple(dim.dim_value for dim in info.type.tensor_type.shape.dim)
    return sum(_multiply_adds(node, shapes) for node in inferred.node)


def _known_multiply_adds(network: bytes) -> int | None:
    """None where the package onnx is not installed, or the sizes of a network's maps are known only when it runs."""
    try:
        return multiply_adds(network)
    except LaconicError:
        return None


def _multiply_adds(node: Any, shapes: Mapping[str, tuple[int, ...]]) -> int:
    """Each output's number of terms, times the outputs."""
    if node.op_type == "LSTM":
        return int(shapes[node.output[0]][0] * sum(np.prod(shapes[name]) for name in node.input[1:3]))
    if node.op_type not in ("Conv", "Gemm", "MatMul"):
        return 0
    ours, theirs, out = (shapes.get(name, ()) for name in (*node.input[:2], node.output[0]))
    turned = any(attribute.name == "transA" and attribute.i for attribute in node.attribute)
    terms = theirs[1:] if node.op_type == "Conv" else ours[-2:-1] if turned else ours[-1:]
    if not out or not terms or 0 in (*out, *terms):
        raise ScoreError(f"the size of what a {node.op_type} of this encoder gives can't be told without running it")
    return int(np.prod(out) * np.prod(terms))


def processor() -> str:
    """The processor's name, as Linux or Python tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
