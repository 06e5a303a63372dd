"""The folder of a run that isn't finished: its recipe, its step count, its checkpoint, its TensorBoard log."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from laconic.train.recipe import RecipeError

CHECKPOINT = "last.ckpt"


@dataclass(frozen=True)
class Run:
    """`<codec>.run`, beside the codec that it will become."""

    folder: Path

    @classmethod
    def begin(cls, out: Path, asked: dict[str, Any], resume: bool) -> Run:
        """Open a fresh run, or with `resume` the one that was left.

        Raises:
            RecipeError: there is an unfinished run and no `resume`, or it was started with other settings.
        """
        run = cls(out.with_name(out.name + ".run"))
        if run.checkpoint.exists() and not resume:
            raise RecipeError(f"{run.folder} holds an unfinished run; continue it with --resume, or remove that folder")
        if run.checkpoint.exists():
            run._check_same(asked)
            return run
        run.folder.mkdir(parents=True, exist_ok=True)
        run._write({"asked": asked})
        return run

    def part(self, name: str, asked: dict[str, Any]) -> Run:
        """A run within this one, which goes on if this one does."""
        return Run.begin(self.folder / name, asked, resume=True)

    @property
    def checkpoint(self) -> Path:
        """Where the last complete epoch's state lies."""
        return self.folder / CHECKPOINT

    @property
    def n_steps(self) -> int | None:
        """The step count that was fixed when the run began; None if none was."""
        steps = self._read().get("n_steps")
        return int(steps) if steps is not None else None

    @property
    def held_losses(self) -> list[float]:
        """The losses on held-out pictures by which this try was judged, stage by stage."""
        return [float(loss) for loss in self._read().get("held_losses", [])]

    def judge(self, held_loss: float) -> None:
        """Store by what loss this try is judged after one more stage."""
        self._write({**self._read(), "held_losses": [*self.held_losses, held_loss]})

    def fix_steps(self, n_steps: int) -> None:
        """Store the step count, so that a resumed run ends where the first would have."""
        self._write({**self._read(), "n_steps": n_steps})

    def finish(self) -> None:
        """The codec is written: checkpoints go, TensorBoard logs stay."""
        for checkpoint in self.folder.rglob(CHECKPOINT):
            checkpoint.unlink()

    def _check_same(self, asked: dict[str, Any]) -> None:
        before = self._read()["asked"]
        now = json.loads(json.dumps(asked))
        other = [key for key in now if now[key] != before.get(key)]
        if other:
            changes = "; ".join(f"{key} was {before.get(key)!r}, is {now[key]!r}" for key in other)
            raise RecipeError(f"{self.folder} was started with other settings: {changes}")

    def _read(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / "run.json").read_text())
        return content

    def _write(self, content: dict[str, Any]) -> None:
        part = self.folder / "run.json.part"
        part.write_text(json.dumps(content, indent=1))
        part.replace(self.folder / "run.json")
