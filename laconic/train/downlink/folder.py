"""The Downlink folder: a base station's and its users' networks, and what is known of them.

```
downlink/
  downlink.json         the recipe, the pictures' size, classes, provenance, measured figures, each file's SHA-256
  weights.safetensors   the networks of both ends
```
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError

from laconic.codec.sealed import Sealed
from laconic.contract import LaconicError
from laconic.data import Preprocessing
from laconic.link import Channel
from laconic.train.downlink.data import Sharing
from laconic.train.downlink.recipe import DownlinkRecipe
from laconic.train.downlink.splitting import DownlinkTraining
from laconic.train.recipe import RecipeError

WEIGHTS = "weights.safetensors"


class DownlinkError(LaconicError):
    """A Downlink folder that can't be used: missing, truncated, edited, newer or of another kind."""


KIND = Sealed("downlink", 2, (WEIGHTS,), DownlinkError)


@dataclass(frozen=True, eq=False)
class TrainedDownlink:
    """What a Downlink folder holds; `TrainedDownlink.load` reads one.

    `classes` are the names of what the receiver tells apart, none where it doesn't classify. `sharing` says how alike
    the users' pictures were in training. `record` is what else the folder says: provenance and measured figures.
    """

    way: DownlinkTraining
    preprocessing: Preprocessing
    classes: tuple[str, ...]
    sharing: Sharing
    record: Mapping[str, Any]

    @property
    def recipe(self) -> DownlinkRecipe:
        """How it was built and trained."""
        return self.way.recipe

    @classmethod
    def load(cls, folder: str | Path, channel: Channel | None = None) -> TrainedDownlink:
        """Read a Downlink folder; over another `channel` than it was trained for, if one is given.

        Raises:
            DownlinkError: it is missing, truncated, edited, newer or foreign, or its parts don't fit each other.
            RecipeError: it was trained over an own channel, and none is given.
        """
        folder = Path(folder)
        manifest = KIND.read_manifest(folder)
        content = KIND.read_whole(folder, manifest, WEIGHTS)
        try:
            recipe = DownlinkRecipe.restored(manifest["recipe"], channel)
            preprocessing = Preprocessing(**manifest["preprocessing"])
            sharing = Sharing(**manifest["sharing"])
            classes = tuple(map(str, manifest["classes"]))
            record = {"provenance": manifest["provenance"], "measured": manifest["measured"]}
            way = _untrained(recipe, preprocessing, classes)
        except RecipeError:
            raise
        except (KeyError, TypeError, ValueError, LaconicError) as error:
            raise DownlinkError(f"{KIND.manifest} does not describe a downlink ({error}); copy it again") from error
        try:
            way.load_state_dict(safetensors.torch.load(content))
        except (RuntimeError, SafetensorError) as error:
            raise DownlinkError(f"{folder / WEIGHTS} is not what {KIND.manifest} describes; copy both again") from error
        return cls(way.eval(), preprocessing, classes, sharing, record)

    def save(self, folder: Path) -> None:
        """Write it to `folder`, in place of an older one there once it is complete.

        Raises:
            DownlinkError: `folder` is something else, or the disk refuses it.
        """
        weights = {name: tensor.contiguous() for name, tensor in self.way.cpu().state_dict().items()}
        manifest = {
            "recipe": self.recipe.record(),
            "preprocessing": self.preprocessing.record(),
            "classes": list(self.classes),
            "sharing": asdict(self.sharing),
            **self.record,
        }
        KIND.write(folder, manifest, {WEIGHTS: safetensors.torch.save(weights)})


def _untrained(recipe: DownlinkRecipe, preprocessing: Preprocessing, classes: tuple[str, ...]) -> DownlinkTraining:
    height, width, channels = preprocessing.shape
    return DownlinkTraining(recipe, channels, (height, width), len(classes))
