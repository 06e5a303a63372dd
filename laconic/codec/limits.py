"""What a codec is asked to keep to when it says: limits to calibrate to, and how the rest is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

import numpy as np
from jaxtyping import Float64, Int64

from laconic.codec.sending import Examples, Sending
from laconic.codec.speech import Speech
from laconic.data import Preprocessing
from laconic.picture import PictureCoder
from laconic.receiver import Predictions, SaidOrSent, WordReceiver, calibrate
from laconic.receiver.binomial import CalibrationError, check_fraction, faultless_examples
from laconic.receiver.unknown import Prototypes

PICTURE_BYTES = 220  # with header and check one LoRaWAN frame at its faster rates (222 bytes)


@dataclass(frozen=True)
class Limits:
    """At most `max_error` among said pictures, with `confidence`; the other pictures are sent in `picture_bytes` each.

    `max_miss` and `per_class` are those of `laconic.receiver.calibrate`. `seed` draws one picture of each group.

    Raises:
        CalibrationError: a limit outside of 0 to 1.
    """

    max_error: float
    confidence: float = 0.95
    max_miss: Mapping[str, float] = field(default_factory=dict)
    per_class: bool = False
    picture_bytes: int = PICTURE_BYTES
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("max_error", "confidence"):
            check_fraction(name, getattr(self, name))

    def coder(self, preprocessing: Preprocessing) -> PictureCoder:
        """The coder of pictures that are sent.

        Raises:
            PictureBudgetError: a budget below the smallest possible picture.
        """
        height, width, channels = preprocessing.shape
        return PictureCoder(width, height, channels, self.picture_bytes)

    def check(
        self, labels: Int64[np.ndarray, " n"], groups: Int64[np.ndarray, " n"] | None, classes: tuple[str, ...]
    ) -> None:
        """Refuse calibration pictures that could not show the limits even without a mistake, before any work is done.

        Raises:
            CalibrationError: they, or those of a class in `max_miss`, are too few; or there is no such class.
        """
        units = np.arange(len(labels)) if groups is None else groups
        self._check_enough(len(np.unique(units)), self.max_error, "pictures", "an error of")
        for name, limit in self.max_miss.items():
            if name not in classes:
                raise CalibrationError(f"max_miss names {name!r}, which is none of {', '.join(classes)}")
            n = len(np.unique(units[labels == classes.index(name)]))
            self._check_enough(n, limit, f"pictures of {name}", "a missed part of")

    def _check_enough(self, n: int, limit: float, what: str, of: str) -> None:
        least = faultless_examples(limit, self.confidence)
        if n < least:
            raise CalibrationError(
                f"{n} independent calibration {what} can't show {of} at most {limit:g} with {self.confidence:.0%} "
                f"confidence: without a single mistake it takes {least}; give more pictures, hold out a larger part of "
                "them, or allow more"
            )

    def calibrated(
        self,
        said: Speech,
        full: Speech,
        classes: tuple[str, ...],
        prototypes: Prototypes,
        coder: PictureCoder,
        tuning: Examples,
        calibration: Examples,
        usual: Float64[np.ndarray, "2 3"] | None,
    ) -> Sending:
        """The rule whose thresholds keep to the limits, found on `calibration` in the order that `tuning` fixes.

        Where they can't be kept, its guarantee is not met and says why, and everything is sent.

        Raises:
            CalibrationError: as for `laconic.receiver.calibrate`.
        """
        words_repeat = isinstance(said.receiver, WordReceiver)  # long codes' words hardly ever do
        nothing = np.full(len(classes), np.inf)
        open_rule = SaidOrSent(nothing, self.max_error, self.confidence, prototypes.limit, words_repeat)
        none = Predictions(np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64))
        sending = Sending(open_rule, prototypes, coder, none, none, {}, usual)
        seen, fresh = (sending.seen(said, full, each) for each in (tuning, calibration))
        return self.ruled(classes, replace(sending, tuning=seen, calibration=fresh))

    def ruled(self, classes: tuple[str, ...], sending: Sending) -> Sending:
        """The same sender with thresholds for these limits, from the pictures that it was calibrated on.

        Raises:
            CalibrationError: as for `laconic.receiver.calibrate`.
        """
        found = calibrate(
            sending.calibration,
            sending.tuning,
            classes,
            self.max_error,
            self.confidence,
            max_miss=self.max_miss,
            per_class=self.per_class,
            rng=np.random.default_rng(self.seed),
        )
        rule = replace(sending.rule, thresholds=found.thresholds, max_error=self.max_error, confidence=self.confidence)
        return replace(sending, rule=rule, guarantee=asdict(found))
