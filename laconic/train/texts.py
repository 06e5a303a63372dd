"""Training on texts: the recipe that suits them, their encoder, and what is for pictures only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from laconic.data import IntakeError, Source, Split, TextPreprocessing
from laconic.data.text import LENGTH
from laconic.encoder import TextEncoder
from laconic.train.recipe import OBJECTIVES, WITHOUT_LABELS, Recipe, RecipeError

TEXTS: dict[str, Any] = {
    "objective": "cross-entropy",
    "encoder": "bilstm-1w64",
    "optimizer": "adam",
    "learning_rate": 0.005,
    "weight_decay": 0.0,
    "batch_size": 64,
}
"""Table VI of paper 001, whose authors leave the batch open; but its network, `bilstm`, would take a CPU hours."""


def text_recipe(**given: Any) -> Recipe:
    """How to train on texts; what was not given (None) has the default that suits them.

    Raises:
        RecipeError: as for `Recipe`.
    """
    return Recipe.with_defaults(**{**TEXTS, **{name: value for name, value in given.items() if value is not None}})


def checked_for_texts(recipe: Recipe, source: Source) -> Recipe:
    """The recipe, in fp32, once it asks for nothing that is for pictures.

    Raises:
        RecipeError: it does.
    """
    labelled = ", ".join(objective for objective in OBJECTIVES if objective not in WITHOUT_LABELS)
    for bad, what in (
        (not source.labelled, "these are trained with labels, and it has none"),
        (not recipe.labelled, f"objective {recipe.objective!r} learns from views of pictures; texts have {labelled}"),
        (
            recipe.augment not in ("auto", "none"),
            f"augment {recipe.augment!r} varies pictures; texts have dropout",
        ),
        (recipe.adversarial > 0, "adversarial moves pixels, and a text has none"),
        (recipe.sensor_noise is not None, "sensor_noise is that of pictures"),
        (recipe.smooth > 0, "smooth compares layers of convolutional networks"),
        (recipe.parseval, "parseval is for convolutional networks"),
        (not isinstance(recipe.encoder, str), "an encoder of one's own is for pictures; texts have bilstm"),
        (recipe.precision == "bf16", "an LSTM is trained in fp32"),
    ):
        if bad:
            raise RecipeError(f"{source.name} holds texts: {what}")
    return replace(recipe, precision="fp32")


def choose_text(
    split: Split, length: int | None = None, size: str | None = None, fit: str = "squash", color: str | None = None
) -> TextPreprocessing:
    """The vocabulary of a training split, and the last `length` words of a text.

    Raises:
        TextError: no words, or a length that is none.
        IntakeError: a size, fit or colour, which pictures have.
    """
    if size is not None or fit != "squash" or color is not None:
        raise IntakeError(f"{split.name} holds texts, which have no size, fit and color; give a length in words")
    texts = (str(split.picture(row)) for row in range(len(split)))
    return TextPreprocessing.learn(texts, LENGTH if length is None else length)


def make_text_encoder(preprocessing: TextPreprocessing, recipe: Recipe) -> TextEncoder:
    """The recipe's encoder with its initial weights, which follow from the seed alone."""
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        return TextEncoder(str(recipe.encoder), len(preprocessing.vocabulary), recipe.mask)
