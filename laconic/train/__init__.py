"""Ways of training: from a source of pictures to a Codec folder."""

from __future__ import annotations

from laconic.train.downlink_recipe import DownlinkRecipe
from laconic.train.downlink_run import train_downlink
from laconic.train.fit import fit
from laconic.train.pictures import choose_preprocessing
from laconic.train.recipe import WAYS, Recipe, RecipeError

__all__ = ["WAYS", "DownlinkRecipe", "Recipe", "RecipeError", "choose_preprocessing", "fit", "train_downlink"]
