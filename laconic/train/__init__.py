"""Ways of training: from a source of pictures to a Codec folder."""

from __future__ import annotations

from laconic.train.fit import fit
from laconic.train.pictures import choose_preprocessing
from laconic.train.recipe import WAYS, Recipe, RecipeError

__all__ = ["WAYS", "Recipe", "RecipeError", "choose_preprocessing", "fit"]
