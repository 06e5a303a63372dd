"""A run that ends without warning, for tests of resumption."""

from __future__ import annotations

import lightning as L


class PowerCut(L.Callback):
    """Ends a run at the beginning of `step`, in the middle of an epoch."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_train_batch_start(self, trainer: L.Trainer, *_: object) -> None:
        if trainer.global_step == self.step:
            raise SystemError("power cut")
