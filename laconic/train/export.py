"""A trained encoder as one ONNX file: uint8 pictures in, the features that the language uses out."""

from __future__ import annotations

import contextlib
import copy
import io
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor, nn

from laconic.contract import LaconicError
from laconic.encoder.bilstm import TextEncoder
from laconic.extras import need
from laconic.train.text_onnx import text_onnx


class ExportError(LaconicError):
    """An encoder that ONNX can't express."""


class Pruned(nn.Module):
    """An encoder of which only some units are kept."""

    def __init__(self, encoder: nn.Module, units: Int64[Tensor, " kept"]) -> None:
        super().__init__()
        self.encoder = encoder
        self.register_buffer("units", units)

    def forward(self, images: UInt8[Tensor, "batch height width channels"]) -> Float[Tensor, "batch kept"]:
        """Features [batch, kept] of uint8 pictures [batch, height, width, channels]."""
        features: Tensor = self.encoder(images)
        return features.index_select(1, self.get_buffer("units"))


def export_onnx(encoder: nn.Module, shape: tuple[int, ...], units: Int64[Tensor, " kept"]) -> bytes:
    """The encoder as ONNX bytes with a dynamic batch; `shape` is (height, width, channels), or of texts (length,).

    Raises:
        ExportError: the network does something that ONNX has no words for.
    """
    if isinstance(encoder, TextEncoder):
        return text_onnx(encoder, shape[0], units)
    model = Pruned(copy.deepcopy(encoder), units).cpu().eval()
    example = torch.zeros((2, *shape), dtype=torch.uint8)
    try:
        with _quiet(), torch.no_grad():
            program = torch.onnx.export(
                model,
                (example,),
                dynamo=True,
                input_names=["images"],
                output_names=["features"],
                dynamic_shapes=({0: torch.export.Dim("batch")},),
                verbose=False,
            )
    except Exception as error:
        reason = str(error).strip().splitlines()
        raise ExportError(
            f"this encoder can't be exported to ONNX ({type(error).__name__}: {reason[0] if reason else ''}); "
            "a codec needs an encoder that maps [batch, channels, height, width] to features with ONNX operators"
        ) from error
    if program is None:
        raise ExportError("torch.onnx.export gave no program back")
    return bytes(program.model_proto.SerializeToString())


def prune_onnx(network: bytes, units: Int64[np.ndarray, " kept"]) -> bytes:
    """What `export_onnx` gave, with other `units`: far faster than exporting again.

    Raises:
        ExportError: the network does not end by picking units.
    """
    onnx = need("onnx", "train")
    model = onnx.load_from_string(network)
    output, table = model.graph.output[0], _picks(model)
    if table is None:
        raise ExportError("the exported network does not end by picking units; please report this")
    table.CopyFrom(onnx.numpy_helper.from_array(units.astype(np.int64), table.name))
    output.type.tensor_type.shape.dim[1].dim_value = len(units)
    for info in model.graph.value_info:
        if info.name == table.name:
            info.type.tensor_type.shape.dim[0].dim_value = len(units)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def picked_units(network: bytes) -> Int64[np.ndarray, " kept"] | None:
    """Which of its units a network that `prune_onnx` gave picks; None of another network."""
    onnx = need("onnx", "train")
    table = _picks(onnx.load_from_string(network))
    return None if table is None else np.asarray(onnx.numpy_helper.to_array(table))


def _picks(model: Any) -> Any:
    """The table of the Gather by which a network ends, if it does."""
    last = model.graph.output[0].name
    picks = [node for node in model.graph.node if last in node.output and node.op_type == "Gather"]
    return next((t for node in picks for t in model.graph.initializer if t.name == node.input[1]), None)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter chats on standard output and warns of its own deprecations; none of it is the user's."""
    for name in ("onnxscript", "torch.onnx"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
