"""A codec made by hand, without training: sixteen lamps in a picture of 4x4, and trees that light three of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from laconic.codec import Codec, Speech, write_folder
from laconic.codec.limits import Limits
from laconic.codec.sending import FILE, Examples, Sending
from laconic.codec.tables import write_speeches
from laconic.data import Preprocessing
from laconic.data.look import looks
from laconic.language import Code, Decision, Language, MaxAmp, MaxPro
from laconic.receiver import LinearReceiver, Prototypes, WordReceiver

CLASSES = ("ash", "birch", "cedar", "dogwood", "elm")
PREPROCESSING = Preprocessing(4, 4, "squash", "gray")

# The lamps of each word that training heard, strongest first, and how often for each class.
HEARD = {
    (0, 1, 2): (16, 0, 0, 0, 0),
    (3, 4, 5): (0, 8, 0, 0, 0),
    (6, 7, 8): (0, 0, 4, 0, 0),
    (0, 1, 15): (3, 1, 0, 0, 0),
    (9, 10, 11): (0, 0, 0, 2, 0),
    (12, 13, 14): (0, 0, 0, 0, 2),
    (0, 3, 6): (1, 0, 0, 0, 0),  # heard once: not in the lexicon
    (1, 4, 7): (0, 1, 0, 0, 0),
}
AMPLITUDES = (255, 204, 153)  # features 5, 4 and 3


def picture(*lit: int) -> np.ndarray:
    """A picture [4, 4] in which these lamps are lit, the first one brightest."""
    pixels = np.zeros(16, np.uint8)
    for lamp, amplitude in zip(lit, AMPLITUDES, strict=False):
        pixels[lamp] = amplitude
    return pixels.reshape(4, 4)


def training() -> tuple[np.ndarray, np.ndarray]:
    """The pictures [n, 4, 4] and labels that HEARD counts."""
    rows = [(lit, label) for lit, counts in HEARD.items() for label, n in enumerate(counts) for _ in range(n)]
    return np.stack([picture(*lit) for lit, _ in rows]), np.array([label for _, label in rows])


def features(pictures: np.ndarray) -> np.ndarray:
    """What the network makes of pictures: each lamp's brightness, 5 at most."""
    return pictures.reshape(-1, 16).astype(np.float32) * np.float32(1 / 51)


def network(
    shape: tuple[int, int, int] = (4, 4, 1), units: int = 16, scale: float = 1 / 51, rows: int = -1, kind: int = 2
) -> bytes:
    """uint8 (or another TensorProto `kind`) [n, H, W, C] -> float32 [n, units], each pixel times `scale`, as ONNX.

    With `rows`, it fails on any other number of pictures.
    """
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
            helper.make_node("Reshape", ["floats", "flat"], ["pixels"]),
            helper.make_node("Mul", ["pixels", "scale"], ["features"]),
        ],
        "lamps",
        [helper.make_tensor_value_info("images", kind, ["n", *shape])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", units])],
        [
            numpy_helper.from_array(np.array([rows, units], np.int64), "flat"),
            numpy_helper.from_array(np.float32(scale), "scale"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    return bytes(model.SerializeToString())


def convolution(units: int = 16) -> bytes:
    """The same features by a convolution of 1 x 1: 8 bits hold them exactly. `units` below 16 cut the last ones off."""
    graph = helper.make_graph(
        [
            helper.make_node("Transpose", ["images"], ["turned"], perm=[0, 3, 1, 2]),
            helper.make_node("Cast", ["turned"], ["floats"], to=TensorProto.FLOAT),
            helper.make_node("Div", ["floats", "white"], ["shares"]),
            helper.make_node("Conv", ["shares", "weight", "bias"], ["map"]),
            helper.make_node("Relu", ["map"], ["bright"]),
            helper.make_node("Reshape", ["bright", "flat"], ["pixels"]),
            helper.make_node("Gather", ["pixels", "units"], ["features"], axis=1),
        ],
        "convolution",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", 4, 4, 1])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", units])],
        [
            numpy_helper.from_array(np.float32(255), "white"),
            numpy_helper.from_array(np.full((1, 1, 1, 1), 5, np.float32), "weight"),
            numpy_helper.from_array(np.zeros(1, np.float32), "bias"),
            numpy_helper.from_array(np.array([-1, 16], np.int64), "flat"),
            numpy_helper.from_array(np.arange(units, dtype=np.int64), "units"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    return bytes(model.SerializeToString())


def head() -> LinearReceiver:
    """A linear classifier on features: a class's logit is the sum of its three lamps."""
    weight = np.zeros((5, 16), np.float32)
    for label in range(5):
        weight[label, 3 * label : 3 * label + 3] = 1
    return LinearReceiver(weight, np.zeros(5, np.float32))


def spoken(code: Code | None = None, receiver: LinearReceiver | None = None) -> Speech:
    """The language of training, in this code (MaxAmp with k = 3), understood by its words (or by `receiver`)."""
    pictures, labels = training()
    fitted = (code or MaxAmp(k=3)).fit(features(pictures), labels)
    symbols = fitted.quantise(features(pictures))
    language = Language.fit(fitted, symbols, labels, len(CLASSES))
    return Speech(language, receiver or WordReceiver.fit(symbols, labels, language.lexicon, np.ones(5)))


def speeches(said: Speech | None = None) -> dict[str, Speech]:
    """What the codec says, and the rivals that an evaluation wants at least."""
    decision = spoken(Decision(head().weight, head().bias))
    return {"said": said or spoken(), "decision": decision, "full": spoken(MaxPro(threshold=-1.0), head())}


def sending(max_error: float = 0.1, repeats: int = 8, **limits: Any) -> Sending:
    """The rule calibrated on the pictures of training, `repeats` times over: one word in 36 that it knows is wrong."""
    pictures, labels = training()
    found, ways = features(pictures), speeches()
    prototypes = Prototypes.fit(found, labels, seed=0).limited(found)
    seen = looks(pictures[..., None])
    held = Examples(np.tile(found, (repeats, 1)), np.tile(labels, repeats), None, np.tile(seen, (repeats, 1)))
    tuning = Examples(found, labels, None, seen)
    asked = Limits(max_error, picture_bytes=60, **limits)
    coder = asked.coder(PREPROCESSING)
    return asked.calibrated(ways["said"], ways["full"], CLASSES, prototypes, coder, tuning, held, None)


def ash_sayer() -> bytes:
    """A receiver's network that takes every picture for an ash: uint8 [n, 4, 4, 1] -> logits [n, 5], as ONNX."""
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
            helper.make_node("Reshape", ["floats", "flat"], ["pixels"]),
            helper.make_node("MatMul", ["pixels", "nothing"], ["zeros"]),
            helper.make_node("Add", ["zeros", "ash"], ["logits"]),
        ],
        "ash",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", 4, 4, 1])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 5])],
        [
            numpy_helper.from_array(np.array([-1, 16], np.int64), "flat"),
            numpy_helper.from_array(np.zeros((16, 5), np.float32), "nothing"),
            numpy_helper.from_array(np.float32([9, 0, 0, 0, 0]), "ash"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    return bytes(model.SerializeToString())


def write(
    folder: Path,
    said: Speech | None = None,
    onnx: bytes | None = None,
    rule: Sending | None = None,
    receiver: bytes | None = None,
    **described: Any,
) -> Path:
    """Write the codec, or one that differs from it in its language, its network or what codec.json says.

    With `rule` it also sends pictures, for the `receiver` network to look at.
    """
    tables, index = write_speeches(speeches(said))
    manifest = {
        "classes": list(CLASSES),
        "preprocessing": vars(PREPROCESSING),
        "speeches": index,
        "provenance": {
            **{"source": "lamps", "pictures": 38, "data": "0" * 16, "command": "", "steps": 0, "seconds": 0.0},
            **{"skipped": 0, "recipe": {"seed": 0}, "versions": {"numpy": np.__version__}, "machine": "any"},
        },
        **described,
    }
    files = {"encoder.onnx": onnx or network(), "speeches.safetensors": tables, "weights.safetensors": b"not needed"}
    if rule is not None:
        files[FILE], manifest["sending"] = rule.to_files()
    if receiver is not None:
        files["receiver.onnx"], manifest["receiver"] = receiver, {"temperature": 1.0}
    write_folder(folder, manifest, files)
    return folder


def load(folder: Path, **parts: Any) -> Codec:
    """`write` and `Codec.load`."""
    return Codec.load(write(folder, **parts))
