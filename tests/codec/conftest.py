"""The codec of tests/lamps.py, calibrated to say or send on pictures whose risk is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import lamps
import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from laconic.codec import Codec
from laconic.codec.folder import update_folder
from laconic.codec.limits import Limits
from laconic.codec.sending import FILE, Examples, Sending
from laconic.data.look import looks
from laconic.receiver.unknown import Prototypes

TREES = np.array([lamps.picture(3 * tree, 3 * tree + 1, 3 * tree + 2) for tree in range(5)])
LIMITS = Limits(max_error=0.1, picture_bytes=60)

Doubtful = Callable[[int, int], tuple[np.ndarray, np.ndarray, np.ndarray]]
Calibrated = Callable[..., Sending]


def doubtful_pictures(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """n pictures of one tree through which another shines, their labels, and how brightly it does (0 to 0.6).

    The label is the other tree's in half as many pictures as it is bright: said below brightness t, they err in t/4.
    """
    rng = np.random.default_rng(seed)
    one = rng.integers(5, size=n)
    other = (one + rng.integers(1, 5, size=n)) % 5
    brightness = rng.uniform(0, 0.6, n)  # below 3/5 the word is the first tree's
    pictures = np.maximum(TREES[one], (TREES[other] * brightness[:, None, None]).astype(np.uint8))
    return pictures, np.where(rng.random(n) < brightness / 2, other, one), brightness


def examples(n: int, seed: int, groups: np.ndarray | None = None) -> Examples:
    """Such pictures as what the encoder makes of them."""
    pictures, labels, _ = doubtful_pictures(n, seed)
    return Examples(lamps.features(pictures), labels, groups, looks(pictures[..., None]))


def calibrated_sending(limits: Limits = LIMITS, n: int = 1000, grouped: bool = False) -> Sending:
    """What calibration on n such pictures finds (in threes where they are grouped), the order tuned on 500 others."""
    speeches = lamps.speeches()
    tuning = examples(500, 1, np.arange(500) // 3 if grouped else None)
    fresh = examples(n, 2, np.arange(n) // 3 if grouped else None)
    known = examples(500, 0)
    prototypes = Prototypes.fit(known.features, known.labels, 0).limited(tuning.features)
    coder = replace(limits.coder(lamps.PREPROCESSING), formats=("jpeg",))  # it is the quickest
    return limits.calibrated(speeches["said"], speeches["full"], lamps.CLASSES, prototypes, coder, tuning, fresh, None)


def receiver_network() -> bytes:
    """uint8 [n, 4, 4, 1] -> logits [n, 5]: a class's three lamps, as `lamps.head` adds them up."""
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
            helper.make_node("Reshape", ["floats", "flat"], ["pixels"]),
            helper.make_node("MatMul", ["pixels", "weight"], ["logits"]),
        ],
        "receiver",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", 4, 4, 1])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 5])],
        [
            numpy_helper.from_array(np.array([-1, 16], np.int64), "flat"),
            numpy_helper.from_array(np.ascontiguousarray(lamps.head().weight.T / 51), "weight"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    return bytes(model.SerializeToString())


def write_sender(folder: Path, sending: Sending, temperature: float | None = None) -> Path:
    """The lamps' folder with `sending`, and with a receiver's network where its temperature is given."""
    content, record = sending.to_files()
    changes: dict[str, Any] = {"sending": record}
    files = {FILE: content}
    if temperature is not None:
        changes["receiver"] = {"encoder": "by hand", "temperature": temperature}
        files["receiver.onnx"] = receiver_network()
    update_folder(lamps.write(folder), changes, files)
    return folder


@pytest.fixture(scope="session")
def doubtful() -> Doubtful:
    """`doubtful(n, seed)`: see `doubtful_pictures`."""
    return doubtful_pictures


@pytest.fixture(scope="session")
def calibrated() -> Calibrated:
    """`calibrated(limits, n, grouped)`: see `calibrated_sending`."""
    return calibrated_sending


@pytest.fixture(scope="session")
def sending() -> Sending:
    """At most 10 % errors among said pictures, the others in 60 bytes."""
    return calibrated_sending()


@pytest.fixture(scope="session")
def sender_folder(sending: Sending, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Codec folder that says or sends, with a network at the receiver of temperature 2."""
    return write_sender(tmp_path_factory.mktemp("sender") / "codec", sending, temperature=2.0)


@pytest.fixture(scope="session")
def sender(sender_folder: Path) -> Codec:
    """The codec in it."""
    return Codec.load(sender_folder)


@pytest.fixture(scope="session")
def plain_sender(sender: Codec) -> Codec:
    """The same without the receiver's network: its own encoder looks at sent pictures."""
    return replace(sender, receiver=None)
