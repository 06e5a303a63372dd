"""One ONNX network as a function of numpy arrays."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, UInt8

from laconic.codec.folder import CodecError
from laconic.extras import need


class Session:
    """uint8 pictures [n, H, W, C] to float32 features [n, units], by ONNX Runtime on the CPU.

    Raises:
        CodecError: the bytes are no network that this ONNX Runtime can run.
    """

    def __init__(self, network: bytes, threads: int | None = None) -> None:
        onnxruntime = need("onnxruntime", "edge")
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        if threads is not None:
            options.intra_op_num_threads = threads
        try:
            self._session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise CodecError(f"encoder.onnx can't be run by ONNX Runtime {onnxruntime.__version__}: {error}") from error
        self.units = int(self._session.get_outputs()[0].shape[1])

    def __call__(self, images: UInt8[np.ndarray, "batch height width channels"]) -> Float32[np.ndarray, "batch units"]:
        """The features of some pictures."""
        return np.asarray(self._session.run(None, {"images": images})[0])
