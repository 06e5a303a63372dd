"""Ways of training: from a source of pictures to a Codec folder."""

from __future__ import annotations

from laconic.train.downlink.recipe import DownlinkRecipe
from laconic.train.downlink.run import train_downlink
from laconic.train.fit import fit
from laconic.train.pictures import choose_preprocessing
from laconic.train.recipe import WAYS, Recipe, RecipeError
from laconic.train.texts import choose_text, text_recipe

__all__ = [
    "WAYS",
    "DownlinkRecipe",
    "Recipe",
    "RecipeError",
    "choose_preprocessing",
    "choose_text",
    "fit",
    "text_recipe",
    "train_downlink",
]
