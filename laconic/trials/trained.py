"""The network behind a codec, for measures that need more than a codec keeps."""

from __future__ import annotations

from typing import Any

import lightning as L
import numpy as np
import torch
from jaxtyping import Float64, UInt8

from laconic.train.disentangle import Disentangled

CHUNK = 512  # pictures at once


class Trained(L.Callback):
    """Keeps the module that a training run ends with: `fit(..., callbacks=[trained])`."""

    module: Any = None

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:  # noqa: ARG002
        """Keep it."""
        self.module = pl_module

    @torch.no_grad()
    def memory_says(self, images: UInt8[np.ndarray, "n height width channels"]) -> Float64[np.ndarray, "n clusters"]:
        """P_il of paper 000, equation (3'), which confidence is taken of: each picture's likeness to the memory."""
        module: Disentangled = self.module.cpu().eval()
        batches = (torch.from_numpy(images[start : start + CHUNK]) for start in range(0, len(images), CHUNK))
        said = [module.probabilities(module.encoder(batch)) for batch in batches]
        return torch.cat(said).double().numpy()
