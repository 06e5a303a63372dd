"""One ONNX network as a function of numpy arrays."""

from __future__ import annotations

import importlib

import numpy as np
from jaxtyping import Float32

from laconic.codec.folder import CodecError
from laconic.data import Items

INPUTS = (("tensor(uint8)", 4), ("tensor(uint16)", 2))  # pictures, tokens of texts


class Session:
    """uint8 pictures [n, H, W, C] or uint16 tokens [n, length] to float32 features [n, units], by ONNX Runtime's CPU.

    `shape` is (H, W, C) or (length,), `units` the number of features; `name` is the network's file, for errors.

    Raises:
        CodecError: the bytes are no network that this ONNX Runtime can run, or not such a one.
    """

    def __init__(self, network: bytes, threads: int | None = None, name: str = "encoder.onnx") -> None:
        onnxruntime = importlib.import_module("onnxruntime")  # it has no types
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        if threads is not None:
            options.intra_op_num_threads = threads
        try:
            self._session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise CodecError(f"{name} can't be run by ONNX Runtime {onnxruntime.__version__}: {error}") from error
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        found = [(each.type, len(each.shape)) for each in (*inputs, *outputs)]
        if found not in [[each, ("tensor(float)", 2)] for each in INPUTS] or not isinstance(outputs[0].shape[1], int):
            raise CodecError(
                f"{name} is no encoder: uint8 pictures [n, height, width, channels] (or uint16 tokens [n, length]) to "
                f"float32 features [n, units] wanted, got {found}"
            )
        self._input = inputs[0].name
        self.name = name
        self.shape = tuple(inputs[0].shape[1:])
        self.units = int(outputs[0].shape[1])

    def __call__(self, images: Items) -> Float32[np.ndarray, "n units"]:
        """The features of some pictures, or texts.

        Raises:
            CodecError: the network fails on them.
        """
        try:
            return np.asarray(self._session.run(None, {self._input: images})[0])
        except Exception as error:
            raise CodecError(f"{self.name} failed on an input of shape {images.shape}: {error}") from error
