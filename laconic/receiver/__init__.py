"""Symbols to meaning: what the receiver makes of a word, with tables and no network; and what is said or sent."""

from __future__ import annotations

from laconic.receiver.binomial import CalibrationError, upper_bound
from laconic.receiver.fusion import Fusion, fused_predictions, summed, vote
from laconic.receiver.guarantee import ClassGuarantee, Guarantee, calibrate
from laconic.receiver.heard import FusionError, Heard, gather
from laconic.receiver.likeness import likeness, most_alike, odd_one_out
from laconic.receiver.linear import LinearReceiver, ReceiverError
from laconic.receiver.predictions import Predictions
from laconic.receiver.said_or_sent import RuleError, SaidOrSent
from laconic.receiver.unknown import Prototypes
from laconic.receiver.words import WordReceiver

__all__ = [
    "CalibrationError",
    "ClassGuarantee",
    "Fusion",
    "FusionError",
    "Guarantee",
    "Heard",
    "LinearReceiver",
    "Predictions",
    "Prototypes",
    "ReceiverError",
    "RuleError",
    "SaidOrSent",
    "WordReceiver",
    "calibrate",
    "fused_predictions",
    "gather",
    "likeness",
    "most_alike",
    "odd_one_out",
    "summed",
    "upper_bound",
    "vote",
]
