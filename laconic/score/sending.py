"""Said or sent, measured: what choosing keeps and costs beside always saying and always sending."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float32, Int64, UInt, UInt8
from PIL import Image, ImageFilter

from laconic.codec import Codec
from laconic.codec.limits import Limits
from laconic.codec.sending import Examples, Sending
from laconic.contract import SendingPoint, SendingScore, UnknownScore
from laconic.data import Items, open_source, read_pictures
from laconic.data.look import looks
from laconic.receiver import CalibrationError, Predictions
from laconic.score.novelty import falsely_said, novelty_auroc

MAX_ERRORS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3)
STRANGE = 300  # pictures of each strange kind
BLUR = 0.15  # of the shorter side: nothing but large patches is left


@dataclass(frozen=True, eq=False)
class Routes:
    """What each test picture would cost and mean on either way.

    `right_said`: its word is understood rightly; `right_sent`: the receiver's network sees the sent picture rightly;
    `right_encoder`: the node's encoder would.
    """

    seen: Predictions
    right_said: Bool[np.ndarray, " n"]
    right_sent: Bool[np.ndarray, " n"]
    right_encoder: Bool[np.ndarray, " n"]
    bytes_said: Int64[np.ndarray, " n"]
    bytes_sent: Int64[np.ndarray, " n"]

    def at(self, said: Bool[np.ndarray, " n"], max_error: float) -> SendingPoint:
        """Saying some pictures and sending the others."""
        wrong = ~self.right_said[said]
        return SendingPoint(
            max_error=max_error,
            said_fraction=float(said.mean()),
            error_said=float(wrong.mean()) if len(wrong) else 0.0,
            accuracy=float(np.where(said, self.right_said, self.right_sent).mean()),
            accuracy_encoder=float(np.where(said, self.right_said, self.right_encoder).mean()),
            bytes_mean=float(np.where(said, self.bytes_said, self.bytes_sent).mean()),
        )


def sending_score(
    codec: Codec,
    images: Items,
    features: Float32[np.ndarray, "n units"],
    labels: Int64[np.ndarray, " n"],
    unknown: UInt[np.ndarray, " negatives *item"],
) -> SendingScore | None:
    """Measure a codec that also sends pictures; None for one that says everything.

    Every picture is really coded and decoded. `unknown` are pictures of none of the classes, where the source has any.
    """
    sending = codec.sending
    if sending is None:
        return None
    routes = _routes(codec, sending, images, features, labels)
    everything = np.ones(len(labels), dtype=bool)
    said = sending.rule.said(routes.seen.scores, routes.seen.predicted, routes.seen.may_be_said)
    return SendingScore(
        met=bool(sending.guarantee["met"]),
        confidence=sending.rule.confidence,
        error_bound=float(sending.guarantee["error_bound"]),
        chosen=routes.at(said, sending.rule.max_error),
        say=routes.at(everything, 1.0),
        send=routes.at(~everything, 0.0),
        curve=_curve(codec, sending, routes),
        unknown=_unknown(codec, sending, images, features, unknown),
    )


def _routes(
    codec: Codec,
    sending: Sending,
    images: UInt8[np.ndarray, "n height width channels"],
    features: Float32[np.ndarray, "n units"],
    labels: Int64[np.ndarray, " n"],
) -> Routes:
    said, full = codec.said, codec.speeches["full"]
    seen = sending.seen(said, full, Examples(features, labels, None, looks(images)))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        payloads = list(pool.map(sending.coder.encode, images))
        arrived = np.stack(list(pool.map(sending.coder.decode, payloads)))
    overhead = 1 + int(said.check)  # header and check
    words = said.packets(said.say(features))
    return Routes(
        seen=seen,
        right_said=seen.predicted == labels,
        right_sent=codec.look(arrived).argmax(axis=1) == labels,
        right_encoder=replace(codec, receiver=None).look(arrived).argmax(axis=1) == labels,
        bytes_said=np.array([len(word) for word in words]),
        bytes_sent=np.array([len(payload) + overhead for payload in payloads]),
    )


def _curve(codec: Codec, sending: Sending, routes: Routes) -> tuple[SendingPoint, ...]:
    """The same pictures under other limits, each calibrated as the codec's own was; unmet ones are left out."""
    points = []
    seen = routes.seen
    for max_error in MAX_ERRORS:
        limits = Limits(max_error, sending.rule.confidence, picture_bytes=sending.coder.budget_bytes)
        try:
            ruled = limits.ruled(codec.classes, sending)
        except CalibrationError:
            continue
        if ruled.guarantee["met"]:
            points.append(routes.at(ruled.rule.said(seen.scores, seen.predicted, seen.may_be_said), max_error))
    return tuple(points)


def _unknown(
    codec: Codec,
    sending: Sending,
    images: UInt8[np.ndarray, "n height width channels"],
    features: Float32[np.ndarray, "n units"],
    unknown: UInt8[np.ndarray, "negatives height width channels"],
) -> tuple[UnknownScore, ...]:
    known = sending.prototypes.novelty(features)
    strange = {**_strange(codec, images), "unknown": unknown}
    scores = []
    for kind, pictures in strange.items():
        if len(pictures):
            found = codec.features(pictures)
            said = sending.said(codec.said, codec.speeches["full"], found, pictures)
            novelty = sending.prototypes.novelty(found)
            scores.append(UnknownScore(kind, len(pictures), novelty_auroc(known, novelty), falsely_said(said)))
    return tuple(scores)


def _strange(
    codec: Codec, images: UInt8[np.ndarray, "n height width channels"]
) -> dict[str, UInt8[np.ndarray, "strange height width channels"]]:
    """Pictures that a lens cap, a wet lens and another place would give, from the test pictures where they can be."""
    some = images[:: max(1, len(images) // STRANGE)][:STRANGE]
    radius = BLUR * min(images.shape[1:3])
    blurred = [np.asarray(_image(each).filter(ImageFilter.GaussianBlur(radius))) for each in some]
    at_home = codec.manifest["provenance"]["source"].startswith("site")
    foreign = open_source("digits" if at_home else "site?n=300").split("train")
    rows = np.linspace(0, len(foreign) - 1, min(STRANGE, len(foreign))).astype(int)
    noise = np.random.default_rng(0).integers(0, 256, some.shape, np.uint8)
    return {
        "black": np.zeros_like(some[:1]),
        "blurred": np.stack(blurred).reshape(some.shape),
        "noise": noise,
        "foreign": read_pictures([foreign.picture(int(row)) for row in rows], codec.preprocessing, "raise").images,
    }


def _image(pixels: UInt8[np.ndarray, "height width channels"]) -> Image.Image:
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
