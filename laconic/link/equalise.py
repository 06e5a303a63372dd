"""What a receiver that knows the gain does against it: estimates of the symbols sent, of unit mean power."""

from __future__ import annotations

from jaxtyping import Complex64
from torch import Tensor

from laconic.link.errors import LinkError
from laconic.link.fading import Received


def mmse(received: Received) -> Complex64[Tensor, "packets symbols"]:
    """The linear estimate of least mean squared error, conj(h) y / (|h|^2 + N_0).

    It shrinks: its mean over the noise is x |h|^2 / (|h|^2 + N_0). A deep fade gives 0, not noise without bound.
    """
    gain = received.gain
    power = gain.real.square() + gain.imag.square()  # several times faster than abs()
    return received.symbols * (gain.conj() / (power + received.noise_variance))


def zero_forcing(received: Received) -> Complex64[Tensor, "packets symbols"]:
    """The unbiased estimate y / h = x + w / h, whose noise a deep fade makes as large as it likes.

    Raises:
        LinkError: a gain is 0.
    """
    gain = received.gain
    if bool((gain == 0).any()):
        packet = int((gain == 0).any(1).nonzero()[0, 0])
        raise LinkError(f"packet {packet} has a gain of 0, which zero forcing can't divide by; take mmse")
    return received.symbols * gain.reciprocal()
