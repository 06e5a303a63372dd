"""Pictures within a budget: never more bytes, the best of what fits, every wrong use named."""

from __future__ import annotations

import io
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features

from laconic.contract import Kind, Message
from laconic.language import Framing
from laconic.language.errors import UnknownKindError
from laconic.language.packet import MAX_PAYLOAD_BYTES
from laconic.picture import (
    FORMATS,
    PictureBudgetError,
    PictureCoder,
    PictureDecodeError,
    PictureFormatError,
    available,
    least_bytes,
    sent_message,
    sent_payload,
)
from laconic.picture.coder import POINT
from laconic.picture.pixels import resized, to_image, to_pixels

SMALL = ("jpeg", "webp")
needs_avif = pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")


def error(coder: PictureCoder, payload: bytes, picture: np.ndarray) -> float:
    return float(np.square(coder.decode(payload).astype(np.int64) - picture).mean())


@settings(max_examples=30)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([1, 3]),
    st.integers(6, 300),
    st.integers(0, 127),
    st.integers(0, 9),
)
def test_any_picture_fits_any_budget(
    width: int, height: int, channels: int, budget: int, spread: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    low, high = 128 - spread, 128 + spread + 1
    picture = rng.integers(low, high, (height, width, channels)).clip(0, 255).astype(np.uint8)
    coder = PictureCoder(width, height, channels, budget, SMALL)
    payload = coder.encode(picture)
    assert 2 <= len(payload) <= budget
    found = coder.decode(payload)
    assert (found.shape, found.dtype) == (picture.shape, np.uint8)
    assert coder.encode(picture) == payload


def test_more_bytes_are_never_worse(blob: np.ndarray) -> None:
    budgets = [6, 12, 25, 50, 100, 200, 400]
    coders = [PictureCoder(32, 32, 3, budget) for budget in budgets]
    errors = [error(coder, coder.encode(blob), blob) for coder in coders]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 10 < 500 < errors[0]


@pytest.mark.parametrize("budget", [20, 60, 150])
def test_it_is_the_best_of_all_that_fit(blob: np.ndarray, budget: int) -> None:
    """Against every scale and quality of JPEG, written out: bisection misses none that matters."""
    coder = PictureCoder(32, 32, 3, budget, ("jpeg",))
    image = to_image(blob)
    best = np.inf
    for scale, quality in product(range(POINT + 1), range(24)):
        side = 1 if scale == POINT else -(-32 // 2**scale)
        body = FORMATS["jpeg"].encode(resized(image, (side, side)), quality)
        if 1 + len(body) <= budget:
            best = min(best, error(coder, bytes([quality * 8 + scale]) + body, blob))
    assert error(coder, coder.encode(blob), blob) == best


def test_the_choice_is_as_good_as_the_best_format(blob: np.ndarray) -> None:
    for budget in (40, 120, 250):
        alone = [PictureCoder(32, 32, 3, budget, (name,)) for name in SMALL]
        errors = [error(coder, coder.encode(blob), blob) for coder in alone]
        both = PictureCoder(32, 32, 3, budget, SMALL)
        assert error(both, both.encode(blob), blob) == min(errors)


def test_a_large_picture_is_scaled_down(blob: np.ndarray) -> None:
    large = to_pixels(resized(to_image(blob), (641, 479)))
    coder = PictureCoder(641, 479, 3, 60, ("jpeg",))
    payload = coder.encode(large)
    assert 3 <= payload[0] & 7 < POINT
    assert error(coder, payload, large) < 200


@pytest.mark.parametrize("channels", [1, 3])
def test_the_smallest_budget_is_enough_for_every_colour(channels: int) -> None:
    least = least_bytes("jpeg", channels)
    assert least == {1: 3, 3: 6}[channels]
    values = range(256) if channels == 1 else range(0, 256, 15)
    point, encode = (1, 1), FORMATS["jpeg"].encode
    for colour in product(values, repeat=channels):
        image = Image.new("RGB", point, colour) if channels == 3 else Image.new("L", point, colour[0])
        assert 1 + len(encode(image, 0)) <= least


@pytest.mark.parametrize("channels", [1, 3])
def test_the_smallest_webp_is_enough_for_every_colour(channels: int) -> None:
    least = least_bytes("webp", channels)
    coder = PictureCoder(5, 4, channels, least, ("webp",))
    for colour in product(range(0, 256, 255 // 3 if channels == 3 else 5), repeat=channels):
        assert len(coder.encode(np.full((4, 5, channels), colour, dtype=np.uint8))) <= least


@pytest.mark.parametrize(("channels", "least"), [(1, 3), (3, 6)])
def test_a_budget_below_the_smallest_picture_is_named(channels: int, least: int) -> None:
    with pytest.raises(
        PictureBudgetError, match=rf"a picture budget of {least}\.\.65535 bytes wanted.*, got {least - 1}"
    ):
        PictureCoder(32, 32, channels, least - 1, SMALL)
    PictureCoder(32, 32, channels, least, SMALL)


def test_other_wrong_coders_are_named() -> None:
    with pytest.raises(PictureBudgetError, match="got 65536"):
        PictureCoder(32, 32, 3, MAX_PAYLOAD_BYTES + 1, SMALL)
    with pytest.raises(PictureBudgetError, match=r"budget of 28\.\.65535 bytes wanted .* got 27"):
        PictureCoder(32, 32, 3, 27, ("webp",))
    for width, height, channels in ((0, 32, 3), (32, 4097, 3), (32, 32, 2)):
        with pytest.raises(PictureFormatError, match=r"sides of 1\.\.4096 pixels and 1 or 3 channels wanted"):
            PictureCoder(width, height, channels, 60)
    for formats in ((), ("gif",), ("jpeg", "png")):
        with pytest.raises(PictureFormatError, match="formats among jpeg, webp, avif that Pillow has wanted, got"):
            PictureCoder(32, 32, 3, 60, formats)


def test_a_pillow_that_writes_larger_ones_is_named(blob: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PictureCoder, "_finest", lambda *_: None)
    with pytest.raises(PictureBudgetError, match=r"jpeg, webp can't write this picture in 60 bytes; raise the budget"):
        PictureCoder(32, 32, 3, 60, SMALL).encode(blob)


def test_a_picture_of_another_size_is_named(blob: np.ndarray) -> None:
    with pytest.raises(
        PictureFormatError, match=r"uint8 pixels of shape \(32, 31, 3\) wanted, got uint8 \(32, 32, 3\)"
    ):
        PictureCoder(31, 32, 3, 60).encode(blob)


@needs_avif
def test_an_avif_comes_back_whole(blob: np.ndarray) -> None:
    coder = PictureCoder(32, 32, 3, 700, ("avif",))
    payload = coder.encode(blob)
    assert payload[0] == 25 << 3
    assert np.array_equal(coder.decode(payload), np.array(Image.open(io.BytesIO(payload[1:])).convert("RGB")))
    with pytest.raises(PictureBudgetError, match="a picture budget of 3"):
        PictureCoder(32, 32, 3, 250, ("avif",))
    with pytest.raises(PictureDecodeError, match=r"AVIF of \(31, 32\) pixels wanted, got AVIF of \(32, 32\); drop it"):
        PictureCoder(31, 32, 3, 700).decode(payload)


def test_a_pillow_without_avif_goes_without(blob: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "check", lambda name: name != "avif")
    assert not available("avif")
    coder = PictureCoder(32, 32, 3, 700)
    assert coder.decode(coder.encode(blob)).shape == (32, 32, 3)
    with pytest.raises(PictureDecodeError, match="this Pillow reads no avif; install Pillow's own wheel"):
        coder.decode(bytes([25 << 3]) + bytes(300))
    with pytest.raises(PictureFormatError, match="that Pillow has wanted"):
        PictureCoder(32, 32, 3, 700, ("avif",))


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b"", "a sent picture has at least a header byte, got 0 bytes; drop it"),
        (b"\xd0abc", "header 0xd0 names no format; update laconic, or drop it"),
        (b"\xff", "header 0xff names no format"),
        (b"\xc0", "a WebP frame of at least 3 bytes wanted, got 0"),
        (b"\xc0" + bytes(9), "what was sent is no picture: "),
        (b"\xc8\x89PNG\r\n\x1a\n", "what was sent is no picture: "),
    ],
)
def test_what_is_no_picture_is_named(payload: bytes, text: str) -> None:
    if payload[:1] == b"\xc8" and not available("avif"):
        text = "this Pillow reads no avif"
    with pytest.raises(PictureDecodeError, match=text):
        PictureCoder(32, 32, 3, 60).decode(payload)


def test_a_packet_carries_it(blob: np.ndarray) -> None:
    coder, framing = PictureCoder(32, 32, 3, 60), Framing(bytes(8))
    payload = coder.encode(blob)
    packet = framing.pack(sent_message(payload))
    assert len(packet) == len(payload) + 2
    message = framing.unpack(packet)
    assert message.kind == Kind.SENT
    assert sent_payload(message) == payload


def test_a_word_is_no_sent_picture() -> None:
    with pytest.raises(UnknownKindError, match="a sent picture wanted, got a word"):
        sent_payload(Message(Kind.SAID, np.zeros(8, dtype=np.uint8)))
