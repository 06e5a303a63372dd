"""The codes that laconic brings, by name: where the command line and stored codecs find them."""

from __future__ import annotations

from typing import Any

from laconic.language.decision import Decision
from laconic.language.likelihood import Likelihood
from laconic.language.maxamp import MaxAmp, Progressive
from laconic.language.maxpro import MaxPro, MaxProAmp, Scalar

BUILTIN: dict[str, type[Any]] = {
    "maxamp": MaxAmp,
    "progressive": Progressive,
    "maxpro": MaxPro,
    "maxproamp": MaxProAmp,
    "scalar": Scalar,
    "decision": Decision,
    "likelihood": Likelihood,
}
