"""Names on the command line to objects: codecs, codes, and parts of one's own."""

from __future__ import annotations

import importlib
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from laconic.codec import Codec
from laconic.codec.limits import Limits
from laconic.contract import LaconicError
from laconic.extras import load_object
from laconic.language import BUILTIN, UnfittedCode, conformance

if TYPE_CHECKING:
    from torch import nn

    from laconic.link import Channel


class PartError(LaconicError):
    """A name that stands for nothing, or for something else than was wanted."""


def codec_in(folder: Path, own_code: str | None, encoder: Literal["float", "int8"] = "float") -> Codec:
    """The codec in a folder, with this one of its encoders; `own_code` names its code, if that is an own one.

    Raises:
        CodecError: it can't be used.
        LaconicError: there is no such class.
    """
    own = load_object(own_code) if own_code is not None else None
    return Codec.load(folder, own if own is None or isinstance(own, type) else type(own), encoder=encoder)


def code_named(spec: str, k: int) -> UnfittedCode:
    """A built-in code by name, with `k` where it has one; or an own one, once it has kept the laws.

    Raises:
        PartError: no such code.
        ConformanceError: an own code breaks a law of `laconic.language.conformance`.
    """
    if ":" in spec:
        code: UnfittedCode = _made(load_object(spec))
        conformance(code, raises=True)
        return code
    if spec not in BUILTIN:
        raise PartError(f"code is one of {', '.join(BUILTIN)} or package.module:name, not {spec!r}")
    kind = BUILTIN[spec]
    made: UnfittedCode = kind(k=k) if "k" in kind.__dataclass_fields__ else kind()
    return made


def objective_named(spec: str) -> Any:
    """A built-in objective's name, or an own function of (features, labels).

    Raises:
        PartError: what `spec` names can't be called.
    """
    if ":" not in spec:
        return spec
    objective = _made(load_object(spec))
    if not callable(objective):
        raise PartError(f"objective {spec}: a function of (features, labels) wanted, got {objective!r}")
    return objective


def encoder_named(spec: str) -> str | nn.Module:
    """A built-in encoder's name, or an own network: a module, or a class or function that makes one.

    Raises:
        PartError: what `spec` names is no network.
    """
    if ":" not in spec:
        return spec
    from torch import nn

    found = load_object(spec)
    network = found if isinstance(found, nn.Module) or not callable(found) else found()
    if not isinstance(network, nn.Module):
        raise PartError(f"encoder {spec}: a torch.nn.Module, or what makes one, wanted, got {network!r}")
    return network


def channel_named(spec: str) -> Channel:
    """A channel of laconic.link by name, or an own one: what is called like them, or a class of it.

    Raises:
        PartError: no such channel, or one that fails on the first symbols.
    """
    import torch

    from laconic.link import AWGN, Rayleigh, Received, Rician

    own: dict[str, Channel] = {
        "awgn": AWGN(),
        "rayleigh": Rayleigh(),
        "rician": Rician(),
        "rayleigh-fast": Rayleigh(block=False),
        "rician-fast": Rician(block=False),
    }
    if ":" not in spec:
        if spec not in own:
            raise PartError(f"channel is one of {', '.join(own)} or package.module:name, not {spec!r}")
        return own[spec]
    found: Channel = _made(load_object(spec))
    try:
        received = found(torch.ones(2, 4, dtype=torch.complex64), 10.0, generator=torch.Generator())
    except Exception as error:
        raised = f"{type(error).__name__}: {error}"
        raise PartError(f"channel {spec}: called as laconic.link's are called, it raised {raised}") from error
    if not isinstance(received, Received) or received.symbols.shape != (2, 4):
        came = type(received).__name__
        raise PartError(f"channel {spec}: a laconic.link.Received of as many symbols wanted, got a {came}")
    return found


def snr_between(text: str, option: str = "--snr-db") -> tuple[float, float]:
    """The two ends of A:B, a range of SNRs in dB; a number alone is both.

    >>> snr_between("0:18"), snr_between("-2.5")
    ((0.0, 18.0), (-2.5, -2.5))

    Raises:
        PartError: it is neither.
    """
    try:
        ends = [float(part) for part in text.split(":")]
    except ValueError:
        ends = []
    if len(ends) not in (1, 2) or not all(math.isfinite(end) for end in ends):
        raise PartError(f"{option} takes A:B in dB, as in 0:18, or one finite number, not {text!r}")
    return ends[0], ends[-1]


def limits_of(asked: Any, classes: tuple[str, ...]) -> Limits:
    """The limits that a command's --max-error, --confidence, --per-class, --max-miss and --picture-bytes ask for.

    Raises:
        PartError: a --max-miss that is not CLASS=NUMBER, or of a class that is not there.
        CalibrationError: a limit outside of 0 to 1.
    """
    misses: dict[str, float] = {}
    for text in asked.max_miss:
        name, _, number = text.rpartition("=")
        try:
            misses[name] = float(number)
        except ValueError:
            raise PartError(f"--max-miss takes CLASS=NUMBER, as in deer=0.1, not {text!r}") from None
        if name not in classes:
            raise PartError(f"--max-miss {text}: there is no class {name!r} among {', '.join(classes)}")
    return Limits(
        asked.max_error, asked.confidence, misses, asked.per_class, asked.picture_bytes, getattr(asked, "seed", 0)
    )


def benchmarks() -> list[Any]:
    """The ratios of `benchmarks/`, which lies beside the source and is not installed with it.

    Raises:
        PartError: this is not a source checkout.
    """
    if not Path("benchmarks/__init__.py").is_file():
        raise PartError("the benchmarks are in laconic's source: run `laconic bench` in a clone of it")
    sys.path.insert(0, str(Path.cwd()))
    ratios: list[Any] = importlib.import_module("benchmarks").run()
    return ratios


def _made(part: Any) -> Any:
    return part() if isinstance(part, type) else part
