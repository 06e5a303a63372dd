"""One transmitter, many users: what a group shares is multicast, what is a user's own is unicast.

Koh, Noh and Yang, "Group-wise Semantic Splitting Multiple Access for Multi-User Semantic Communication", 2025,
equations (4) and (5). A user k of group g hears, in two stages and through one channel h_k,

    y_c = h_k (c_g + sqrt(leak) sum of the other groups' c) + n
    y_p = h_k (p_k + sqrt(leak) sum of the other users' p) + n

`leak` is the part of each other stream's power that gets through. With 1 these are the printed equations: all is sent
at once with nothing to tell streams apart. The SINR is then below 1 / (G - 1) and 1 / (K - 1) whatever the noise,
-9.5 dB for 10 groups and -16.9 dB for 50 users: no picture arrives as the paper's figures show. Groups that the
repulsion loss has drawn apart fare worse yet: their c sum to 0. With 0, the default, each stream has slots of its own,
and that is what a symbol budget counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Complex64, Float, Float32, Int64
from torch import Tensor

from laconic.link.equalise import mmse
from laconic.link.errors import LinkError
from laconic.link.fading import Channel, Received
from laconic.link.symbols import normalise, pair, unpair


@dataclass(frozen=True)
class Downlink:
    """Common and private features to what each user receives of them, through `channel`, with a `leak` from 0 to 1.

    Each vector is sent at unit mean power a symbol. Both stages are one packet of the channel, so that a block fade is
    the same in both. Receivers know h_k, the noise and the leak, and estimate with least mean squared error as if other
    streams were noise. What arrives is in units of the vector's amplitude, as of an `AnalogLink`.

    Raises:
        LinkError: a leak outside 0 to 1.
    """

    channel: Channel
    leak: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.leak <= 1:
            raise LinkError(f"a leak is the part of another stream's power that gets through, 0 to 1, not {self.leak}")

    def __call__(
        self,
        common: Float32[Tensor, "cells groups common"],
        private: Float32[Tensor, "cells users private"],
        groups: Int64[Tensor, "cells users"],
        snr_db: float | Float[Tensor, "cells users"],
        *,
        generator: torch.Generator,
    ) -> Float32[Tensor, "cells users reals"]:
        """Each user's [c, p] of equation (6): its group's common reals, then its own. Differentiable.

        `groups` is each user's group. `snr_db` is E_s/N_0, one, or one for each user. Common features of no reals
        leave the first stage out.

        Raises:
            LinkError: a user of a group that has no common features, an odd number of reals, features that are zero
                or not finite, or what the channel refuses.
        """
        _check_groups(groups, common.shape[1])
        users = torch.arange(private.shape[1], device=private.device).expand(groups.shape)
        stages = [(common, groups), (private, users)] if common.shape[2] else [(private, users)]
        heard = [self._superposed(streams, whose) for streams, whose in stages]
        snr = snr_db.flatten() if isinstance(snr_db, Tensor) else snr_db
        received = self.channel(torch.cat(heard, dim=1), snr, generator=generator)
        parts = _split(received, [part.shape[1] for part in heard])
        estimates = [
            unpair(_estimate(part, self.leak * (streams.shape[1] - 1)))
            for part, (streams, _) in zip(parts, stages, strict=True)
        ]
        return torch.cat(estimates, dim=1).reshape(*groups.shape, -1)

    def _superposed(
        self, streams: Float32[Tensor, "cells streams reals"], whose: Int64[Tensor, "cells users"]
    ) -> Complex64[Tensor, "packets symbols"]:
        """What each user's channel is given: the stream that is for it, and what leaks of all others."""
        n = streams.shape[1]
        symbols = normalise(pair(streams.flatten(0, 1)))
        first_of_cell = n * torch.arange(len(streams), device=whose.device)[:, None]
        own = symbols[(whose + first_of_cell).flatten()]
        if not self.leak:
            return own
        everything = symbols.reshape(-1, n, symbols.shape[1]).sum(1).repeat_interleave(whose.shape[1], 0)
        return own + math.sqrt(self.leak) * (everything - own)


def sinr(streams: int, leak: float, snr_db: float, gain_power: float = 1.0) -> float:
    """Signal over interference and noise of one of `streams` uncorrelated streams, linear: |h|^2 / (|h|^2 I + N_0).

    I = leak (streams - 1) is the power of what leaks; `gain_power` is |h|^2.

    >>> round(10 * math.log10(sinr(streams=10, leak=1.0, snr_db=200.0)), 1)
    -9.5
    """
    return gain_power / (gain_power * leak * (streams - 1) + 10 ** (-snr_db / 10))


def _check_groups(groups: Tensor, n_groups: int) -> None:
    lowest, highest = int(groups.min()), int(groups.max())
    if lowest < 0 or highest >= n_groups:
        raise LinkError(f"common features are those of groups 0 to {n_groups - 1}; users are of {lowest} to {highest}")


def _split(received: Received, lengths: list[int]) -> list[Received]:
    """The stages of a packet, each with its own symbols, and gains where each symbol has one."""
    each = received.gain.shape[1] > 1
    parts = torch.split_with_sizes(received.symbols, lengths, dim=1)
    gains = torch.split_with_sizes(received.gain, lengths, dim=1) if each else [received.gain] * len(parts)
    return [Received(part, gain, received.noise_variance) for part, gain in zip(parts, gains, strict=True)]


def _estimate(received: Received, interference: float) -> Complex64[Tensor, "packets symbols"]:
    """conj(h) y / (|h|^2 (1 + I) + N_0), the linear estimate of least mean squared error of the wanted stream.

    It is `mmse` of a symbol of power 1 + I, of which a part 1 / (1 + I) is wanted.
    """
    total = 1 + interference
    scaled = Received(received.symbols, received.gain, received.noise_variance / total)
    return mmse(scaled) / total
