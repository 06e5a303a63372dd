"""What a cell's users receive at each SNR, by a network or by a codec: the measure of paper 002's figures 4 to 6.

All arms send the same test pictures in equally many symbols. Networks are trained by Charbonnier's loss at SNRs of 12
to 18 dB, each user's its own, and measured at others, too. Pictures are the source's own, unrelated to each other, or
as alike as is asked (`laconic.data.correlated`).
"""

from __future__ import annotations

from laconic.trials.trial import Measured, Parameters


def delivering(parameters: Parameters, seed: int, source: str) -> Measured:
    """One arm: `psnr_db` and `perceptual` against `snr_db`, means over pictures, a failed one shown grey.

    `perceptual` is a distance by the features of a small classifier that is trained for it on the arm's training
    pictures; it stands in for the paper's VGG and is not LPIPS. `trained_psnr_db` is the mean over SNRs of 12 to 18 dB,
    `low_psnr_db` that over lower ones, `mean_psnr_db` over all; `fall_db` the most that PSNR falls from an SNR to the
    next; `steepest_db` the most that it rises, by dB of SNR.

    Of a network there is `params`, of a codec `failed` (the share of pictures lost by the best scheme at that SNR),
    `bound_psnr_db` (of the codec, at the channel's capacity), and `fixed_psnr_db` and `fixed_steepest_db` by one
    scheme at all SNRs.

    Parameters of all are `users`, `groups`, `symbols` (complex ones a picture), `channel` (a name and a Rician
    factor), `correlation` (none for pictures as they are), `size` (as WIDTHxHEIGHT; none for the source's own),
    `n_train` (pictures drawn by the seed; 0 for all), `cells` (sent at each SNR, of all test pictures), `snr_db` and
    `perceptual_steps`. A network has `network` (gssma, vit or deep-jscc), `common_ratio` (accounted as pooled), and
    `recipe` (of `laconic.train.DownlinkRecipe`); a codec has `codec`, `fixed` (a scheme) and `rounds`, how often each
    picture is sent.
    """
    from laconic.trials.gssma.delivered import measured

    return measured(parameters, seed, source)
