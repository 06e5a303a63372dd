"""From a codec and pictures to the ways of telling them over a link, coded and ready to be sent at any SNR."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from jaxtyping import Int64, UInt8

from laconic.codec import Codec
from laconic.codec.limits import PICTURE_BYTES
from laconic.contract import Kind
from laconic.data import of_pictures
from laconic.link.adaptive import error_table
from laconic.picture import PictureCoder, PictureDecodeError, sent_message, sent_payload
from laconic.score.evaluation import EvaluationError
from laconic.score.link_conditions import Conditions
from laconic.score.link_ways import NOTHING, Analog, Listener, Packets, Protected, SchemeAt, Way, stuffed

WAYS = ("said", "sent", "said-or-sent", "analog")
TRIED = 500  # packets at a point of the table that schemes are chosen by


def ways_of(
    codec: Codec,
    images: UInt8[np.ndarray, "n height width channels"],
    asked: Conditions,
    names: Sequence[str] = (),
    progress: bool = False,
) -> dict[str, Way]:
    """The named ways for these pictures, coded; by default all that the codec can go.

    Raises:
        EvaluationError: no such way, or one that the codec can't go.
        PictureBudgetError: too few bytes for any picture.
    """
    names = names or [way for way in WAYS if way != "said-or-sent" or codec.sending is not None]
    _check(codec, names)
    full, features = codec.speeches["full"], codec.features(images)
    words = codec.said.packets(codec.said.say(features))
    hear = Listener(lambda packets: [NOTHING if m is None else m.label for m in codec.decode(packets, errors="skip")])
    made: dict[str, Way] = {}
    if "said" in names:
        made["said"] = Packets(words, hear, _schemes(asked, words, progress), asked)
    if "sent" in names or "said-or-sent" in names:
        coder = _coder(codec, asked.picture_bytes)
        see = Listener(lambda packets: _seen(codec, coder, packets))
        doubtful = np.ones(len(images), dtype=bool)
        if codec.sending is not None and "said-or-sent" in names:
            doubtful = ~codec.sending.said(codec.said, full, features, images)
        rows = np.arange(len(images)) if "sent" in names else np.flatnonzero(doubtful)
        pictures = _coded(codec, coder, images, rows, progress)
        scheme_at = _schemes(asked, stuffed(list(pictures.values())), progress)
        if "sent" in names:
            made["sent"] = Packets(list(pictures.values()), see, scheme_at, asked)
        if "said-or-sent" in names:
            sent = {row: packet for row, packet in pictures.items() if doubtful[row]}
            made["said-or-sent"] = Protected(words, sent, hear, see, scheme_at, asked)
    if "analog" in names:
        made["analog"] = Analog(features, lambda heard: full.posterior(full.say(heard)).argmax(axis=1), asked.channel)
    return {name: made[name] for name in WAYS if name in made}


def _schemes(asked: Conditions, packets: list[bytes], progress: bool) -> SchemeAt:
    """The scheme at an SNR: the one asked for, or the best for packets as long as the middle one of these."""
    fixed = asked.scheme
    if fixed is not None:
        return lambda _: fixed
    bits = 8 * sorted(map(len, packets))[len(packets) // 2] if packets else 8
    tqdm = importlib.import_module("tqdm").tqdm  # it has no types
    with tqdm(desc="schemes", unit="point", disable=not progress, leave=False) as bar:

        def done(points: int, total: int) -> None:
            bar.total = total
            bar.update(points - bar.n)

        table = error_table(asked.channel, bits, snr_db=asked.snr_db, packets=TRIED, progress=done)
    return lambda snr_db: table.choose(snr_db, asked.target).scheme or table.schemes[0]


def _check(codec: Codec, names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in WAYS]
    if unknown:
        raise EvaluationError(f"ways are {', '.join(WAYS)}, not {unknown[0]!r}")
    if "said-or-sent" in names and codec.sending is None:
        raise EvaluationError(
            "this codec says every picture: said-or-sent takes one that also sends, which laconic calibrate makes of it"
        )


def _coder(codec: Codec, picture_bytes: int | None) -> PictureCoder:
    """The codec's coder of pictures, or a plain one."""
    if codec.sending is not None:
        own = codec.sending.coder
        return own if picture_bytes is None else replace(own, budget_bytes=picture_bytes)
    height, width, channels = of_pictures(codec.preprocessing, "A sent picture").shape
    return PictureCoder(width, height, channels, PICTURE_BYTES if picture_bytes is None else picture_bytes)


def _coded(
    codec: Codec,
    coder: PictureCoder,
    images: UInt8[np.ndarray, "n height width channels"],
    rows: Int64[np.ndarray, " rows"],
    progress: bool,
) -> dict[int, bytes]:
    """The packets of sent pictures, by their row."""
    tqdm = importlib.import_module("tqdm").tqdm  # it has no types
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        payloads = pool.map(coder.encode, images[rows])
        bar = tqdm(payloads, "pictures", len(rows), disable=not progress, leave=False)
        packets = [codec.said.framing.pack(sent_message(payload)) for payload in bar]
    return dict(zip(rows.tolist(), packets, strict=True))


def _seen(codec: Codec, coder: PictureCoder, packets: list[bytes]) -> list[int]:
    """What sent pictures are taken for; also by a codec that itself sends none."""
    messages, damaged = codec.said.framing.unpack_each(packets)
    pictures = {}
    for row, message in enumerate(messages):
        if row not in damaged and message.kind == Kind.SENT:
            try:
                pictures[row] = coder.decode(sent_payload(message))
            except PictureDecodeError:
                continue
    answers = np.full(len(packets), NOTHING)
    if pictures:
        answers[list(pictures)] = codec.look(np.stack(list(pictures.values()))).argmax(axis=1)
    return [int(answer) for answer in answers]
