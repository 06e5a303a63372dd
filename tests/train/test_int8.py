"""Encoders in 8 bits: a bound on what rounding may do, the same words where it does nothing, and what is refused."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import lamps
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from laconic.codec import Codec, CodecError
from laconic.codec.folder import INT8, update_folder
from laconic.codec.session import Session
from laconic.data import Source, Split
from laconic.train.int8 import QuantiseError, quantise, quantise_codec

SIDE, CHANNELS, UNITS = 6, 3, 5


def one_convolution(weight: np.ndarray, bias: np.ndarray) -> bytes:
    """uint8 [n, 6, 6, 3] / 255, a 3 x 3 convolution, ReLU, and the middle pixel: [n, units]."""
    nodes = [
        helper.make_node("Transpose", ["images"], ["turned"], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["turned"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["floats", "white"], ["shares"]),
        helper.make_node("Conv", ["shares", "weight", "bias"], ["map"]),
        helper.make_node("Relu", ["map"], ["bright"]),
        helper.make_node("Slice", ["bright", "first", "second", "axes"], ["corner"]),
        helper.make_node("Flatten", ["corner"], ["features"]),
    ]
    tables = {"weight": weight, "bias": bias, "white": np.float32(255)}
    tables |= {name: np.array(value) for name, value in (("first", [0, 0]), ("second", [1, 1]), ("axes", [2, 3]))}
    graph = helper.make_graph(
        nodes,
        "one",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", SIDE, SIDE, CHANNELS])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", len(weight)])],
        [numpy_helper.from_array(np.asarray(table), name) for name, table in tables.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    return bytes(model.SerializeToString())


def noise(n: int = 40) -> np.ndarray:
    pictures = np.random.default_rng(0).integers(256, size=(n, SIDE, SIDE, CHANNELS), dtype=np.uint8)
    pictures[0], pictures[1] = 0, 255
    return pictures


def weights() -> tuple[np.ndarray, np.ndarray]:
    """Of units whose sizes are a thousand times apart: one scale for all would round the smallest to nothing."""
    rng = np.random.default_rng(1)
    size = np.array([0.01, 0.1, 1, 3, 10], np.float32)
    weight = rng.normal(size=(UNITS, CHANNELS, 3, 3)).astype(np.float32) * size[:, None, None, None]
    return weight, rng.normal(size=UNITS).astype(np.float32) * size


def test_rounding_does_no_more_than_it_may() -> None:
    """x is exact (255 steps of 1/255); a weight is off by half of largest/127, a sum by half of the map's range/255."""
    weight, bias = weights()
    network = one_convolution(weight, bias)
    exact, ours = (Session(each)(noise()) for each in (network, quantise(network, noise())))
    patches = noise()[:, :3, :3].astype(np.float64) / 255
    steps = np.abs(weight).max(axis=(1, 2, 3)) / 127
    by_weights = patches.sum(axis=(1, 2, 3))[:, None] * steps / 2 + steps / 255 / 2
    largest = max_of_map(network)
    allowed = by_weights + largest / 255 / 2 + 1e-5 * largest
    assert (np.abs(exact - ours) <= allowed).all()
    assert not np.array_equal(exact, ours)


def max_of_map(network: bytes) -> float:
    """The largest value that any pixel of the map takes on the pictures."""
    model = onnx.load_from_string(network)
    weight, bias = (numpy_helper.to_array(table).astype(np.float64) for table in model.graph.initializer[:2])
    windows = np.lib.stride_tricks.sliding_window_view(noise() / 255, (3, 3), axis=(1, 2))
    return float((np.einsum("nijcab,ucab->nuij", windows, weight) + bias[:, None, None]).max())


def test_what_is_said_stays_where_eight_bits_hold_it_all(tmp_path: Path) -> None:
    folder = lamps.write(tmp_path / "codec", onnx=lamps.convolution())
    record = quantise_codec(folder, forest(), n=30, seed=3)
    assert record == {"source": "forest", "data": forest().split("train").fingerprint, "pictures": 30, "seed": 3}
    exact, small = (Codec.load(folder, encoder=encoder) for encoder in ("float", "int8"))
    assert small.manifest["int8"] == record
    assert small.fingerprint == exact.fingerprint
    pictures = lamps.training()[0]
    np.testing.assert_allclose(small.features(pictures), exact.features(pictures), atol=1e-5)
    assert small.encode(pictures) == exact.encode(pictures)
    assert [meaning.name for meaning in exact.decode(small.encode(pictures[:2]))] == ["ash", "ash"]


def test_figures_of_an_8_bit_encoder_go_with_it(tmp_path: Path) -> None:
    folder = lamps.write(tmp_path / "codec", onnx=lamps.convolution())
    update_folder(folder, {"measured": {"n": 38, "int8": {"accuracy_said": 0.9}}})
    quantise_codec(folder, forest(), n=30)
    assert Codec.load(folder).manifest["measured"] == {"n": 38}


def forest(n: int = 38) -> Source:
    pictures, labels = lamps.training()
    split = Split("forest", list(pictures), np.arange(n), labels[:n])
    return Source("forest", lamps.CLASSES, {"train": split, "test": split.subset(np.arange(0))})


def test_the_same_pictures_give_the_same_bytes_and_not_a_word(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    network = one_convolution(*weights())
    with caplog.at_level(logging.INFO):
        assert quantise(network, noise()) == quantise(network, noise())
    assert capfd.readouterr() == ("", "")
    assert [each.message for each in caplog.records if each.levelno >= logging.WARNING] == []


def test_one_picture_a_flat_one_and_dead_units_will_do() -> None:
    network = one_convolution(np.zeros((UNITS, CHANNELS, 3, 3), np.float32), -np.ones(UNITS, np.float32))
    small = quantise(network, noise()[:1])
    np.testing.assert_array_equal(Session(small)(noise()), np.zeros((40, UNITS), np.float32))


def test_what_cannot_be_quantised_is_named(tmp_path: Path) -> None:
    network = one_convolution(*weights())
    with pytest.raises(QuantiseError, match="one picture or more to calibrate on wanted, got none"):
        quantise(network, noise()[:0])
    with pytest.raises(CodecError, match=r"encoder.onnx failed on an input of shape \(1, 5, 6, 3\)"):
        quantise(network, noise()[:, 1:])
    with pytest.raises(CodecError, match=r"encoder.onnx can't be run by ONNX Runtime"):
        quantise(network[:100], noise())
    lit = lamps.training()[0][..., None]
    with pytest.raises(QuantiseError, match="neither a convolution nor a matrix that could be had in 8 bits"):
        quantise(lamps.network(), lit)
    folder = lamps.write(tmp_path / "codec", onnx=lamps.convolution())
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for n in (0, -3):
        with pytest.raises(QuantiseError, match=f"one picture or more to calibrate on wanted, not {n}"):
            quantise_codec(folder, forest(), n=n)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert INT8 not in json.loads(before["codec.json"])["files"]
