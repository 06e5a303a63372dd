"""A codec's encoder in 8 bits: a quarter of the size, and faster wherever a processor multiplies bytes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from laconic.codec import Codec
from laconic.codec.folder import INT8, update_folder
from laconic.codec.session import Session
from laconic.contract import LaconicError
from laconic.data import Source, load, of_pictures
from laconic.extras import need
from laconic.train.onnx_graph import lean, pooled_last, small_matrices, spread

PICTURES = 512  # to calibrate on, at most
BATCH = 64

IN_8_BITS = ("Conv", "Add", "AveragePool", "Clip", "MaxPool", "Relu")
"""Convolutions, and what stays in 8 bits between them. What comes after is done in float: it costs next to nothing,
and which unit is the loudest depends on it."""


class QuantiseError(LaconicError):
    """A network that can't be had in 8 bits, or pictures that it can't be calibrated on."""


def quantise_codec(
    folder: Path, source: Source, n: int = PICTURES, seed: int = 0, code: type | None = None
) -> dict[str, Any]:
    """Write the codec in `folder` anew, with its encoder in 8 bits besides; gives what codec.json says of it.

    It is calibrated on `n` pictures drawn from the training split of `source`, which need no labels. The language and
    its fingerprint stay as they are. So does the rule of a codec that says or sends: its limits were shown for the
    float encoder. `code` is the class of the codec's code, if that is an own one.

    Raises:
        QuantiseError: there is no picture, or the encoder can't be had in 8 bits.
        CodecError: the folder can't be read, or not be written; then the old one stays.
        SourceError: the pictures can't be read.
    """
    if n < 1:
        raise QuantiseError(f"one picture or more to calibrate on wanted, not {n}")
    codec = Codec.load(folder, code)
    of_pictures(codec.preprocessing, "laconic quantise")
    split = source.split("train")
    pictures = load(split.sample(n, seed), codec.preprocessing).images
    network = quantise((folder / "encoder.onnx").read_bytes(), pictures)
    record = {"source": source.name, "data": split.fingerprint, "pictures": len(pictures), "seed": seed}
    changes: dict[str, Any] = {"int8": record}
    if "measured" in codec.manifest:  # what distilling measured was of the 8-bit encoder that this one replaces
        changes["measured"] = {key: value for key, value in codec.manifest["measured"].items() if key != "int8"}
    update_folder(folder, changes, {INT8: network})
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
        raise QuantiseError("one picture or more to calibrate on wanted, got none")
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
            reason = f"{type(error).__name__}: {error}"
            raise QuantiseError(f"ONNX Runtime can't quantise this encoder ({reason})") from error
        model = lean(spread(small_matrices(onnx.load(done))))
    onnx.checker.check_model(model, full_check=True)
    small = bytes(model.SerializeToString())
    Session(small, threads=1, name=INT8)(pictures[:1])
    return small


class _Batches:
    """Pictures as ONNX Runtime's calibration asks for them."""

    def __init__(self, name: str, pictures: UInt8[np.ndarray, "n height width channels"]) -> None:
        self._feeds = ({name: pictures[at : at + BATCH]} for at in range(0, len(pictures), BATCH))

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next batch, or None after the last."""
        return next(self._feeds, None)
