"""What training a downlink is asked to do: one record, checked when it is made, stored with the run and the folder."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from laconic.link import AWGN, Channel, Rayleigh, Rician, SymbolBudget
from laconic.train.recipe import DEFAULT_MINUTES, RecipeError

CHOSEN: dict[str, tuple[str, ...]] = {
    "decoder": ("paper", "spatial"),
    "grouping": ("balanced", "pictures", "random"),
    "precision": ("auto", "bf16", "fp32"),
}

SLACK_DB = 1e-3
"""What float32 may add to an SNR that was drawn from the range."""


@dataclass(frozen=True)
class DownlinkRecipe:
    """How a downlink is built and trained. Defaults are the paper's where it says them.

    `snr_db` is the range of which each user's SNR is drawn, uniform in dB; with `snr_aware` encoders and decoder are
    told it. Users are grouped by their private features (`balanced`, as in the paper), by their `pictures`, or by
    chance (`random`).
    `repulsion_weight` is lambda, which the paper leaves open; repulsion is left out where there is one group, and where
    nothing is common. `classify` is the weight of a cross-entropy: above 0 the receiver classifies, too.
    A run lasts `steps`, `epochs` or `minutes`, DEFAULT_MINUTES if none is said; a step takes `cells` cells, and an
    epoch as many steps as give each training picture to one user in the mean. `learning_rate` is Adam's, constant.

    Raises:
        RecipeError: a value outside its range, or more than one way to say how long it lasts.
    """

    budget: SymbolBudget
    channel: Channel = field(default_factory=AWGN)
    leak: float = 0.0
    decoder: Literal["paper", "spatial"] = "paper"
    grouping: Literal["balanced", "pictures", "random"] = "balanced"
    width: float = 1.0
    snr_db: tuple[float, float] = (12.0, 18.0)
    snr_aware: bool = False
    repulsion_weight: float = 0.1
    classify: float = 0.0
    learning_rate: float = 1e-4
    cells: int = 1
    steps: int | None = None
    epochs: int | None = None
    minutes: float | None = None
    validation: float = 0.1
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps is None and self.epochs is None and self.minutes is None:
            object.__setattr__(self, "minutes", DEFAULT_MINUTES)
        for bad, text in self._faults():
            if bad:
                raise RecipeError(text)

    def _faults(self) -> list[tuple[bool, str]]:
        low, high = self.snr_db
        lengths = {"steps": self.steps, "epochs": self.epochs, "minutes": self.minutes}
        return [
            *[
                (
                    getattr(self, name) not in choices,
                    f"{name} is one of {', '.join(choices)}, not {getattr(self, name)!r}",
                )
                for name, choices in CHOSEN.items()
            ],
            (
                not -math.inf < low <= high < math.inf,
                f"SNRs to train at go from a lower to a higher number of dB, not {low} to {high}",
            ),
            (
                not (0 <= self.repulsion_weight < math.inf and 0 < self.learning_rate < math.inf),
                f"a repulsion weight of 0 or more and a learning rate above 0 wanted, not {self.repulsion_weight} and "
                f"{self.learning_rate}",
            ),
            (not 0 <= self.classify < math.inf, f"classify is a weight of 0 or more, not {self.classify}"),
            (self.cells < 1, f"a step takes 1 cell or more, not {self.cells}"),
            (
                list(lengths.values()).count(None) != 2,
                "steps, epochs and minutes each say when the run ends; give one of them",
            ),
            *[
                (value is not None and not 0 < value < math.inf, f"{name} is more than 0, not {value}")
                for name, value in lengths.items()
            ],
            (not 0 <= self.validation < 0.9, f"validation is a fraction from 0 to 0.9, not {self.validation}"),
        ]

    def outside(self, snr_db: Iterable[float]) -> str | None:
        """What to tell who uses SNRs that this doesn't train at; None where it does."""
        low, high = self.snr_db
        lowest, highest = min(snr_db := list(snr_db)), max(snr_db)
        if low - SLACK_DB <= lowest and highest <= high + SLACK_DB:
            return None
        there = f"{lowest:g} dB" if lowest == highest else f"{lowest:g} to {highest:g} dB"
        return f"trained at {low:g} to {high:g} dB, used at {there}; a network trained there would do better"

    def record(self) -> dict[str, Any]:
        """The recipe as JSON values: what is stored, and what --resume compares."""
        budget, channel = asdict(self.budget), channel_record(self.channel)
        return {**vars(self), "budget": budget, "channel": channel, "snr_db": [*self.snr_db]}

    @classmethod
    def restored(cls, record: Mapping[str, Any], channel: Channel | None = None) -> DownlinkRecipe:
        """The recipe of a `record`; over another `channel`, if one is given.

        Raises:
            RecipeError: its channel is an own one, which no record can make.
            TypeError, KeyError, LinkError: it is no record of a recipe.
        """
        low, high = record["snr_db"]
        given = {"budget": SymbolBudget(**record["budget"]), "snr_db": (low, high)}
        return cls(**{**record, **given, "channel": channel or recorded_channel(record["channel"])})


def channel_record(channel: Channel) -> dict[str, Any]:
    """A channel as JSON values; of an own one only the name."""
    if isinstance(channel, AWGN | Rayleigh | Rician):
        return {"kind": type(channel).__name__, **vars(channel)}
    kind = channel if hasattr(channel, "__qualname__") else type(channel)
    return {"kind": f"{kind.__module__}:{kind.__qualname__}"}


def recorded_channel(record: Mapping[str, Any]) -> Channel:
    """The channel of a record.

    Raises:
        RecipeError: it is an own one, which is not imported because a file says so.
    """
    own: dict[str, type[AWGN | Rayleigh | Rician]] = {"AWGN": AWGN, "Rayleigh": Rayleigh, "Rician": Rician}
    values = dict(record)
    kind = values.pop("kind")
    if kind not in own:
        raise RecipeError(f"trained over a channel of your own, {kind}: say which to take, --channel {kind}")
    return own[kind](**values)
