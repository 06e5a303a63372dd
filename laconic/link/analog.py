"""Real features over the air as they are, without bits: the link of Hua et al., 2024, Fig. 4, and of deep JSCC."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float32
from torch import Tensor

from laconic.link.equalise import mmse
from laconic.link.fading import Channel, Received
from laconic.link.symbols import amplitude, pair, unpair


@dataclass(frozen=True)
class AnalogLink:
    """Real vectors -> symbols of unit power -> `channel` -> `equaliser` -> real vectors.

    ```
    vectors --pair--> symbols --/ amplitude--> channel --Received--> equaliser --unpair--> vectors
    ```

    What arrives is in units of the packet's own amplitude: without noise, mean |x|^2 = 1 per complex symbol, 1/2 per
    real. A receiver doesn't know the amplitude unless it is sent as well. `restore_amplitude` multiplies by it, as if
    it had been sent beside the symbols, without error and free of charge; whoever reports that, says so.
    """

    channel: Channel
    equaliser: Callable[[Received], Tensor] = mmse
    restore_amplitude: bool = False

    def __call__(
        self,
        vectors: Float32[Tensor, "packets reals"],
        snr_db: float | Float[Tensor, " packets"],
        *,
        generator: torch.Generator,
    ) -> Float32[Tensor, "packets reals"]:
        """Send each row in reals / 2 symbols, at one SNR in dB or at one for each row. Differentiable.

        Raises:
            LinkError: an odd number of reals, a row of zeros or one that is not finite, or what the channel refuses.
        """
        symbols = pair(vectors)
        scale = amplitude(symbols)
        received = self.channel(symbols * scale.reciprocal(), snr_db, generator=generator)
        estimate = self.equaliser(received)
        return unpair(estimate * scale if self.restore_amplitude else estimate)
