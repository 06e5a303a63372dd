"""A recipe that can't work is refused before any data is read."""

from __future__ import annotations

import pytest

from laconic.train import WAYS, Recipe, RecipeError


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (
            {"objective": "suprcon"},
            "objective is one of joint, cross-entropy, supcon, label-variation, simclr, moco, disentangle or package",
        ),
        ({"sparsity": "some"}, "sparsity is one of none, feature, mask, weighted, not 'some'"),
        ({"sparsity_weight": -1.0}, "sparsity_weight is at least 0, not -1.0"),
        ({"target_bits": 0.0}, "target_bits is more than 0, not 0.0"),
        ({"target_bits": 4.0, "sparsity": "none"}, "target_bits drives the sparsity weight"),
        ({"k": 0}, "k is at least 1, not 0"),
        ({"epochs": 3, "minutes": 1.0}, "epochs, minutes and patience each say when the run ends"),
        ({"epochs": 0}, "epochs is at least 1, not 0"),
        ({"minutes": 0.0}, "minutes is more than 0, not 0.0"),
        ({"minutes": float("nan")}, "minutes is more than 0, not nan"),
        ({"target_bits": float("nan")}, "target_bits is more than 0, not nan"),
        ({"learning_rate": float("inf")}, "learning_rate is more than 0, not inf"),
        ({"batch_size": 1}, "batch_size is at least 2, not 1"),
        ({"validation": 1.0}, "validation is a fraction from 0 to 0.9, not 1.0"),
        ({"learning_rate": 0.0}, "learning_rate is more than 0, not 0.0"),
        ({"tries": 2}, "tries are for the objective disentangle"),
        ({"objective": "disentangle", "tries": 0}, "tries are at least 1, not 0"),
        ({"objective": "disentangle", "tries": 2, "validation": 0.0}, "told apart by the loss on held-out pictures"),
        ({"objective": "disentangle", "tries": 2, "patience": 5}, "give --epochs or --minutes, not --patience"),
        ({"temperature": 0.0}, "temperature is more than 0, not 0.0"),
        ({"smooth": -0.1}, "smooth is at least 0, not -0.1"),
        ({"smooth": 0.1, "objective": "simclr"}, "smooth is for objectives with labels, not 'simclr'"),
        ({"parseval": True, "objective": "moco"}, "parseval is for objectives with labels, not 'moco'"),
        ({"smooth_layers": ("stem",)}, "smooth_layers are those of smooth, which is 0"),
        ({"adversarial": 1.0}, "adversarial is from 0 to below 1, not 1.0"),
        ({"adversarial_steps": 0}, "adversarial_steps is at least 1, not 0"),
        ({"adversarial": 0.1, "objective": "supcon"}, "adversarial needs a classifier .* not 'supcon'"),
        ({"consistency": 1.0, "augment": "augmix", "objective": "label-variation"}, "consistency needs a classifier"),
        ({"consistency": -1.0}, "consistency is at least 0, not -1.0"),
        ({"consistency": 1.0}, "consistency is between mixed copies: choose --augment augmix"),
        ({"consistency": 1.0, "augment": "augmix", "views": 2}, "consistency takes three views of its own"),
        ({"consistency": 1.0, "augment": "augmix", "adversarial": 0.1}, "adversarial and consistency don't go"),
    ],
)
def test_faults_are_named(wrong: dict[str, object], text: str) -> None:
    with pytest.raises(RecipeError, match=text):
        Recipe(**wrong)


def test_disentangle_begins_several_times_where_something_tells_the_tries_apart() -> None:
    assert Recipe(objective="disentangle", epochs=3).beginnings == 4
    assert Recipe(objective="disentangle", epochs=3, validation=0.0).beginnings == 1
    assert Recipe(objective="disentangle", patience=5).beginnings == 1
    assert Recipe(objective="simclr", epochs=3).beginnings == 1


def test_what_suits_label_variation_is_itself_alone() -> None:
    recipe = Recipe(objective="label-variation")
    assert (recipe.sparsity, recipe.mask, recipe.two_stage, recipe.labelled) == ("none", "none", True, True)


def test_the_six_ways_are_those_of_the_paper() -> None:
    assert list(WAYS) == ["CE", "CL", "CE-MS", "CL-MS", "CL-FS", "CL-WS"]
    for objective, sparsity in WAYS.values():
        recipe = Recipe(objective=objective, sparsity=sparsity)
        assert recipe.two_stage == (objective == "supcon")
        assert recipe.mask == ("map" if sparsity in ("mask", "weighted") else "none")


def test_a_recipe_records_own_parts_by_name() -> None:
    assert Recipe(objective=own_loss).record()["objective"].endswith(":own_loss")


def own_loss(features: object, labels: object) -> object:
    return (features, labels)
