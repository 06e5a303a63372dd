"""Paper 001's trials of one trained encoder: shared runs, the printed sizes, and what each measure gives."""

from __future__ import annotations

import numpy as np
import pytest

from laconic.trials.catalogue import TRIALS
from laconic.trials.dnrl import fig_7, table_1, table_2, table_3, table_4
from laconic.trials.dnrl.representation import REMOVED, SHOWN, representation
from laconic.trials.dnrl.size import size
from laconic.trials.dnrl.twins import twins
from laconic.trials.dnrl.ways import below_half
from laconic.trials.outcome import Outcome, Run
from laconic.trials.rules import Value, verdict
from laconic.trials.tables import as_csv, as_latex, as_markdown
from laconic.trials.trial import SCALES, Measured, Parameters, Trial

SHARING = [TRIALS[f"dnrl/{name}"] for name in ("table-1", "table-3", "table-4", "fig-3", "fig-5", "fig-6")]
SMALL = {"encoder": "cnnw8", "epochs": 6, "batch_size": 128, "precision": "fp32"}


def _small(arm: str) -> Parameters:
    """The smoke arm with a smaller network, trained for less."""
    asked = table_1.TABLE_1.scales["smoke"].arms[arm]
    return {**asked, "recipe": {**asked["recipe"], **SMALL}, "n_table_4": 300}


@pytest.fixture(scope="module")
def runs() -> dict[str, Measured]:
    """Two ways, trained for about a second each."""
    return {arm: representation(_small(arm), 0, "digits") for arm in ("CL", "CL-MS")}


def test_trials_share_their_runs() -> None:
    for scale in SCALES:
        arms: dict[str, Parameters] = {}
        for trial in SHARING:
            assert trial.measure is representation
            for arm, parameters in trial.scales[scale].arms.items():
                assert arms.setdefault(arm, parameters) == parameters
        assert len(arms) == 7  # six ways, one of them with two weights


@pytest.mark.parametrize("trial", [*SHARING, fig_7.FIG_7], ids=lambda trial: trial.name)
def test_scales_have_the_same_arms(trial: Trial) -> None:
    assert tuple(trial.scales) == SCALES
    assert len({tuple(scale.arms) for scale in trial.scales.values()}) == 1
    assert trial.paper.startswith("W. Hua")


def test_the_printed_sizes_come_out_exactly() -> None:
    arms = table_2.SCALE.arms
    sizes = {mask: size({"encoder": "resnet-50", "mask": mask}, 0, "") for mask in ("none", "map")}
    outcome = Outcome(tuple(Run(arm, 0, sizes[asked["mask"]], 1.0, {}) for arm, asked in arms.items()))
    assert verdict([rule(outcome) for rule in table_2.TABLE_2.rules]) == "reproduced"
    assert sizes["map"]["parameters_m"] == pytest.approx(23.500352 + 2048 * 1024e-6 + 1024e-6)
    assert sizes["none"]["gflops_main"] < 2.6 < sizes["none"]["gflops"]


def test_another_number_than_the_printed_is_refuted() -> None:
    outcome = Outcome((Run("CL", 0, {"gflops": 2.626}, 1.0, {}),))
    assert table_2.rounds_to(Value("CL", "gflops"), 2.63, 2)(outcome).holds is True
    assert table_2.rounds_to(Value("CL", "gflops"), 2.62, 2)(outcome).holds is False


def test_less_than_half_is_judged_over_seeds() -> None:
    values = {"few": [10.0, 11.0, 9.0], "many": [30.0, 31.0, 29.5]}
    outcome = Outcome(
        tuple(Run(arm, i, {"n1": v}, 1.0, {}) for arm, each in values.items() for i, v in enumerate(each))
    )
    few, many = Value("few", "n1"), Value("many", "n1")
    assert below_half(few, many)(outcome).holds is True
    assert below_half(many, few)(outcome).holds is False
    assert below_half(few, many)(outcome).expected == "n1 of few is less than half the n1 of many"


def test_every_table_and_figure_finds_its_numbers(runs: dict[str, Measured]) -> None:
    for trial in SHARING:
        outcome = Outcome(tuple(Run(arm, 0, runs["CL-MS"], 1.0, {}) for arm in trial.scales["smoke"].arms))
        assert {column.key for column in trial.columns} <= runs["CL-MS"].keys()
        assert all(rule(outcome).expected for rule in trial.rules)


def test_a_run_is_one_encoder_seen_from_all_sides(runs: dict[str, Measured]) -> None:
    for found in runs.values():
        curves = {name: np.asarray(value) for name, value in found.items()}
        assert (curves["activity"] > 0.0455).sum() == found["n1"]
        assert curves["activity"].sum() == pytest.approx(found["n2"])
        assert (np.diff(curves["activity"]) <= 0).all()
        assert curves["removal"][0] == pytest.approx(found["accuracy"]) == pytest.approx(curves["said"][0])
        assert len(curves["removal"]) == REMOVED + 1
        answers = curves["answers"].reshape(SHOWN, 10)
        np.testing.assert_allclose(answers[answers.any(axis=1)].sum(axis=1), 1)
        assert 0 < curves["focus"] <= 0.5
    assert runs["CL-MS"]["n1"] < runs["CL"]["n1"]


def test_bits_are_the_papers_and_what_was_sent_lies_between_entropy_and_more(runs: dict[str, Measured]) -> None:
    bits, sent, entropy, limit = (
        np.asarray(runs["CL"][f"{name}"]) for name in ("bits", "bits_sent", "bits_entropy", "label_bits")
    )
    n1 = runs["CL"]["n1"]
    assert bits[:4].tolist() == [32 * 32, 3 * n1, 32 * n1, 16]  # 16: log2 C(32, 3) + 3 = 15.28
    assert bits[5] == 4
    assert (sent >= entropy - 1e-9).all()
    assert (limit <= np.log2(10)).all()
    assert len(bits) == len(table_3.POINTS)


def test_table_4_has_a_row_for_each_k(runs: dict[str, Measured]) -> None:
    assert runs["CL"]["k"] == [1, 2, 3]
    for name in table_4.NAMES:
        assert len(np.asarray(runs["CL"][name])) == len(table_4.TABLE_4.points) == 3


def test_points_are_named_in_every_table(runs: dict[str, Measured]) -> None:
    outcome = Outcome((Run("CL-MS", 0, runs["CL-MS"], 1.0, {}),))
    columns, points = table_3.TABLE_3.columns[:1], table_3.TABLE_3.points
    page = as_markdown(outcome, columns, points)
    assert "| CL-MS, full | 1024 |" in page
    assert "| CL-MS, Decision | 4 |" in page
    assert "CL-MS,Decision,bits,1,4.0" in as_csv(outcome, columns, (), points)
    assert r"CL-MS, Decision & $4$ \\" in as_latex(outcome, columns, (), points)


def test_twins_are_compared_class_by_class() -> None:
    asked = {**_small("CL-MS"), "recipe": {**SMALL, "sparsity_weight": 0.1, "epochs": 8}}
    found = twins(asked, 0, "digits")
    assert {column.key for column in fig_7.FIG_7.columns} <= found.keys()
    for name in ("paper", "damage"):
        assert 0 <= found[f"{name}_chance"] <= found[f"{name}_high"] <= 1
    assert len(np.asarray(found["recall_0"])) == len(np.asarray(found["recall_1"])) == 12 * 10
