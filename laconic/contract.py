"""The records that rooms hand to each other, and the one error that they all share.

```
picture --encoder--> features --code--> Symbols --lexicon--> Message --packet--> bytes
                                                                                  |
                          Meaning <--receiver-- Symbols <--lexicon-- Message <----+
```
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from jaxtyping import Float, Int32, Int64, UInt8, UInt32


class LaconicError(Exception):
    """Something the user can mend. Its text says what was wanted, what came, and what to do."""


@dataclass(frozen=True)
class Symbols:
    """A batch of quantised features: which units speak, and how loudly.

    `units[i, j]` is the j-th unit that picture i names, numbered within its code's alphabet;
    `levels[i, j]` is that unit's n-bit amplitude, 0 for silence. One row is a *word*.
    """

    units: Int32[np.ndarray, "batch k"]
    levels: UInt32[np.ndarray, "batch k"]

    def __len__(self) -> int:
        return len(self.units)

    def __getitem__(self, rows: slice | np.ndarray) -> Symbols:
        """The words of some rows (a slice, a mask, or row numbers)."""
        return Symbols(self.units[rows], self.levels[rows])


class Kind(IntEnum):
    """What a packet carries: a word, or the picture itself."""

    SAID = 0
    SENT = 1


@dataclass(frozen=True)
class Message:
    """One coded message: its kind and its bits, each 0 or 1, before they are padded to bytes."""

    kind: Kind
    bits: UInt8[np.ndarray, " n_bits"]


@dataclass(frozen=True)
class Meaning:
    """What the receiver understands from one packet.

    `probabilities` sum to 1 over the codec's classes; `label` is their argmax, `name` its name and
    `confidence` its probability; `word` is the word as a person reads it (`12+7+3`). What was sent has no word but
    a `picture`, and what it shows was told by the receiver's network.
    """

    label: int
    name: str
    confidence: float
    probabilities: Float[np.ndarray, " classes"]
    word: str
    picture: UInt8[np.ndarray, "height width channels"] | None = None

    @property
    def kind(self) -> Kind:
        """Whether this was said or sent."""
        return Kind.SAID if self.picture is None else Kind.SENT


@dataclass(frozen=True)
class CodeScore:
    """How one code did on a test set: what it costs (bits, packet bytes) and what it keeps (accuracy).

    `bits_formula` is paper 001's equation (15) (or 32 bits a feature for `full`), `bits_mean` the mean length
    of the messages really made, `bits_entropy` the empirical entropy of their words: bits_mean's lower bound.
    """

    code: str
    k: int
    bits_formula: float
    bits_mean: float
    bits_entropy: float
    packet_bytes_mean: float
    accuracy: float
    escaped: float


@dataclass(frozen=True)
class WordScore:
    """One word of the lexicon as it was used on a test set, most frequent first.

    `bits` is its code's length, `name` the class that it means with probability `confidence`, `count` how
    many test pictures said it, `accuracy` how many of these it named right, `examples` some of their rows.
    """

    word: str
    bits: int
    name: str
    confidence: float
    count: int
    accuracy: float
    examples: tuple[int, ...]


@dataclass(frozen=True)
class ClassScore:
    """One class on a test set: of its `n` pictures the part `recall` was named right, for `bits_mean` bits each."""

    name: str
    n: int
    recall: float
    bits_mean: float


@dataclass(frozen=True)
class Mistake:
    """A test picture, by its row, of class `name` that was understood as `understood` with that confidence."""

    row: int
    name: str
    understood: str
    confidence: float


@dataclass(frozen=True)
class SendingPoint:
    """Said or sent at one limit: what part is said, how that errs, and what all of it keeps and costs.

    `accuracy` is with the receiver's network looking at sent pictures, `accuracy_encoder` with the node's own
    encoder doing so; `bytes_mean` is over the packets of said and sent pictures alike.
    """

    max_error: float
    said_fraction: float
    error_said: float
    accuracy: float
    accuracy_encoder: float
    bytes_mean: float


@dataclass(frozen=True)
class UnknownScore:
    """Pictures of none of the classes: how well novelty tells them (AUROC), and what part of them is said."""

    kind: str
    n: int
    auroc: float
    said_fraction: float


@dataclass(frozen=True)
class SendingScore:
    """A codec that also sends pictures, measured: at its own limit, at other limits, always saying, always sending.

    `error_bound` is what calibration left possible for the error among said pictures, `met` whether that kept the
    limit (if not, everything is sent). `say` and `send` are the two ways of never choosing.
    """

    met: bool
    confidence: float
    error_bound: float
    chosen: SendingPoint
    say: SendingPoint
    send: SendingPoint
    curve: tuple[SendingPoint, ...]
    unknown: tuple[UnknownScore, ...]


@dataclass(frozen=True)
class LinkPoint:
    """One way of telling pictures over a noisy link, at one SNR E_s/N_0 in dB.

    `symbols` are the mean complex symbols a picture, `bandwidth_ratio` these over the picture's height x width x
    channels. Of the part `packet_error_rate` of the pictures something arrived other than it was sent, noticed or not
    (None where there are no packets); of the part `delivered` something was understood, and of the part `accuracy`, of
    all pictures, the right class. `scheme` is the modulation and code rate, most important bits first.
    """

    snr_db: float
    scheme: str
    symbols: float
    bandwidth_ratio: float
    packet_error_rate: float | None
    delivered: float
    accuracy: float


@dataclass(frozen=True)
class LinkCurve:
    """A way (`said`, `sent`, `said-or-sent` or `analog`) at every SNR, and its accuracy where nothing is lost."""

    way: str
    accuracy_clean: float
    points: tuple[LinkPoint, ...]


@dataclass(frozen=True)
class LinkScore:
    """A codec's `n` test pictures over a channel, once each at every SNR and by every way."""

    source: str
    channel: str
    n: int
    seed: int
    curves: tuple[LinkCurve, ...]
    seconds: float


@dataclass(frozen=True)
class DownlinkPoint:
    """What the users of a downlink received at one SNR E_s/N_0 in dB: means over all users' pictures.

    `psnr_db` is a mean of dB, of 100 dB a picture at most; a tenth of the users received less than `psnr_low_db`, a
    tenth more than `psnr_high_db`. `groups_psnr_db` are the means of a cell's groups, the worst first, in the mean over
    cells: groups have no other order. `ssim` is None for pictures below 11 pixels on a side, `ms_ssim` below 176;
    `perceptual` where nothing measures it, `accuracy` where the receiver doesn't classify.
    """

    snr_db: float
    psnr_db: float
    psnr_low_db: float
    psnr_high_db: float
    groups_psnr_db: tuple[float, ...]
    ssim: float | None
    ms_ssim: float | None
    perceptual: float | None
    accuracy: float | None


@dataclass(frozen=True)
class DownlinkScore:
    """A downlink's `cells` of `users` test pictures each, sent once at every SNR.

    A picture has `symbols` complex symbols; of them each of `groups` groups hears `common`, and each user alone
    `private`; the whole cell spends `spent`. `correlation` says how alike the users' pictures were made, None if they
    are as the source has them. `perceptual` names what measures this.
    """

    source: str
    channel: str
    correlation: float | None
    cells: int
    users: int
    groups: int
    symbols: int
    common: int
    private: int
    spent: int
    accounting: str
    trained_snr_db: tuple[float, float]
    perceptual: str | None
    seed: int
    points: tuple[DownlinkPoint, ...]
    seconds: float


@dataclass(frozen=True)
class UnitScore:
    """One unit on a test set: how often it fires, for which classes, and what silencing it costs.

    `fires` are the classes in whose pictures it fires, `falls` those whose recall falls without it, each with the part
    of the class's pictures, the most first. `accuracy_without` is over all pictures; `examples` are the rows that
    excite it most.
    """

    unit: int
    active: float
    accuracy_without: float
    fires: tuple[tuple[str, float], ...]
    falls: tuple[tuple[str, float], ...]
    examples: tuple[int, ...]


@dataclass(frozen=True)
class Anatomy:
    """A codec's units on a test set, as its own receiver understands them without each.

    `units` are those that fire, the most active first, of `n_units`; `removal` is the accuracy with the first 0, 1, ...
    of them silenced. `words` are those that were said, with the units that each one names.
    """

    source: str
    n: int
    n_units: int
    units: tuple[UnitScore, ...]
    removal: tuple[float, ...]
    words: tuple[tuple[WordScore, tuple[int, ...]], ...]


@dataclass(frozen=True)
class Evaluation:
    """A codec measured on one split: what `laconic evaluate` prints and its report page draws.

    `n1` is the number of units active with probability > 0.0455, `n2` the mean number of units active in a
    picture (paper 001, Table I), `activity` each unit's activation probability in descending order (Fig. 3).
    `said` names the entry of `codes` that the codec really speaks. `by_class` and `confusion` (row: the class, column:
    what was understood) are of the spoken words alone; `worst` are the mistakes made with most confidence. `noun` is
    what was measured on: pictures, or texts.
    """

    source: str
    classes: tuple[str, ...]
    n: int
    accuracy_full: float
    n1: int
    n2: float
    activity: Float[np.ndarray, " units"]
    codes: tuple[CodeScore, ...]
    said: CodeScore
    words: tuple[WordScore, ...]
    by_class: tuple[ClassScore, ...]
    confusion: Int64[np.ndarray, "classes classes"]
    worst: tuple[Mistake, ...]
    sending: SendingScore | None
    seconds: float
    noun: str = "picture"

    @property
    def balanced_accuracy(self) -> float:
        """The mean recall over the classes that the test set has."""
        return float(np.mean([score.recall for score in self.by_class if score.n]))
