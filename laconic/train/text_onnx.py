"""A trained encoder of texts as one ONNX file, node by node: its LSTM operator reads each text from its own end."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float32, Int64
from torch import Tensor, nn

from laconic.encoder.bilstm import BiLstm, TextEncoder
from laconic.extras import need

OPSET, IR = 18, 10
DIRECTIONS = 2


def text_onnx(encoder: TextEncoder, length: int, units: Int64[Tensor, " kept"]) -> bytes:
    """The encoder as ONNX bytes with a dynamic batch, for uint16 tokens [n, length]; it ends by picking `units`.

    torch's exporter would write an LSTM out word by word; here it stays one operator a layer.
    """
    onnx = need("onnx", "train")
    graph = _Graph(onnx)
    places = graph.add("Cast", ["texts"], to=onnx.TensorProto.INT64)
    there = graph.add("Cast", [graph.add("Greater", [places, graph.table(np.int64(0))])], to=onnx.TensorProto.INT32)
    lengths = graph.add("ReduceSum", [there, graph.table(np.array([1]))], keepdims=0)
    embedded = graph.add("Gather", [graph.weight(encoder.backbone.embedding.weight), places])
    read = graph.add("Transpose", [embedded], perm=[1, 0, 2])
    for layer in range(len(encoder.backbone.ahead)):
        read = _layer(graph, encoder.backbone, layer, read, lengths)
    total = graph.add("ReduceSum", [read, graph.table(np.array([0]))], keepdims=0)
    n = graph.add("Unsqueeze", [graph.add("Cast", [lengths], to=onnx.TensorProto.FLOAT), graph.table(np.array([1]))])
    average = graph.add("Relu", [graph.add("Div", [total, graph.add("Max", [n, graph.table(np.float32(1))])])])
    features = average
    if encoder.mask_net is not None:
        highest = average
        if encoder.mask_input == "map":
            highest = graph.add("Relu", [graph.add("ReduceMax", [read, graph.table(np.array([0]))], keepdims=0)])
        shared = encoder.mask_net.shared
        weights = [graph.weight(shared.weight), graph.weight(shared.bias)]
        halves = [graph.add("Gemm", [pooled, *weights], transB=1) for pooled in (average, highest)]
        features = graph.add("Mul", [features, graph.add("Relu", [graph.add("Concat", halves, axis=1)])])
    graph.add("Gather", [features, graph.table(units.numpy())], output="features", axis=1)
    return graph.serialised(length, len(units))


def _layer(graph: _Graph, backbone: BiLstm, layer: int, read: str, lengths: str) -> str:
    """[length, batch, size] to [length, batch, 2 hidden]."""
    ahead, back = backbone.ahead[layer], backbone.back[layer]
    hidden = backbone.units // DIRECTIONS
    rows = [np.stack([_rows(each, name) for each in (ahead, back)]) for name in ("weight_ih_l0", "weight_hh_l0")]
    both = [np.concatenate([_rows(each, name) for name in ("bias_ih_l0", "bias_hh_l0")]) for each in (ahead, back)]
    tables = [graph.table(table) for table in (*rows, np.stack(both))]
    heard = graph.add("LSTM", [read, *tables, lengths], direction="bidirectional", hidden_size=hidden)
    side_by_side = graph.add("Transpose", [heard], perm=[0, 2, 1, 3])
    return graph.add("Reshape", [side_by_side, graph.table(np.array([0, 0, DIRECTIONS * hidden]))])


def _rows(lstm: nn.Module, name: str) -> Float32[np.ndarray, "gates ..."]:
    """Torch stacks the gates as input, forget, cell, output; ONNX wants input, output, forget, cell."""
    gates = np.split(lstm.get_parameter(name).detach().cpu().numpy(), 4)
    return np.concatenate([gates[0], gates[3], gates[1], gates[2]])


class _Graph:
    """Nodes and tables as they are added, each with a name of its own."""

    def __init__(self, onnx: Any) -> None:
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.tables: list[Any] = []

    def add(self, operator: str, inputs: list[str], output: str = "", **attributes: Any) -> str:
        """A node; the name of what it gives."""
        output = output or f"node{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(operator, inputs, [output], **attributes))
        return output

    def table(self, values: Any) -> str:
        """A constant; its name."""
        name = f"table{len(self.tables)}"
        self.tables.append(self.onnx.numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def weight(self, values: Tensor) -> str:
        """A weight; its name."""
        return self.table(values.detach().cpu().numpy())

    def serialised(self, length: int, n_units: int) -> bytes:
        """The whole network."""
        helper, kinds = self.onnx.helper, self.onnx.TensorProto
        texts = helper.make_tensor_value_info("texts", kinds.UINT16, ["batch", length])
        features = helper.make_tensor_value_info("features", kinds.FLOAT, ["batch", n_units])
        graph = helper.make_graph(self.nodes, "texts", [texts], [features], self.tables)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
        self.onnx.checker.check_model(model)
        return bytes(model.SerializeToString())
