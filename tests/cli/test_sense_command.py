"""`laconic sense`: the JSON that scripts read, the table that people read, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lamps
import numpy as np
import pytest
from PIL import Image

from laconic.cli.parts import PartError
from laconic.cli.sense import node_range
from laconic.trials import sensing

CODES = ["full", "decision", "decision, likelihood", "likelihood-3"]


@pytest.fixture(scope="module")
def forest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A source of 250 pictures, a fifth of them for tests, whose trees a codec of lamps knows; some lamps are out."""
    folder, rng = tmp_path_factory.mktemp("forest"), np.random.default_rng(0)
    for label, name in enumerate(lamps.CLASSES):
        (folder / name).mkdir()
        for i in range(50):
            lit = rng.permutation(3)[: rng.integers(1, 4)] + 3 * label
            Image.fromarray(lamps.picture(*lit.tolist())).save(folder / name / f"{i}.png")
    return f"folder:{folder}"


def test_the_answer_has_a_cell_for_every_snr_number_of_nodes_and_code(
    laconic: Any, forest: str, tmp_path: Path
) -> None:
    folder = lamps.write(tmp_path / "codec")
    asked = ("sense", folder, forest, "--nodes", "1:2", "--snr-db", "0:30:30", "--bits", 3, "--seed", 1)
    ran = laconic(*asked, "--json")
    assert ran.code == 0, ran.err
    cells = ran.answer["cells"]
    wanted = [(snr_db, nodes, code) for snr_db in (0, 30) for nodes in (1, 2) for code in CODES]
    assert [(cell["snr_db"], cell["nodes"], cell["code"]) for cell in cells] == wanted
    assert all(cell["n"] == 50 for cell in cells)
    assert all(cell["accuracy"] == 1 for cell in cells if cell["snr_db"] == 30 and cell["code"] != "decision")
    assert all(cell["bits"] <= 4 for cell in cells if cell["code"] != "full")
    shown = laconic(*asked).out.splitlines()
    assert shown[0].endswith("right with so many nodes:")
    assert "30 dB  likelihood-3" in shown[3 + 2 * len(CODES)]
    compared = ran.answer["comparisons"]
    assert [(one["code"], one["rival"], one["snr_db"], one["nodes"]) for one in compared] == [
        ("likelihood-3", "decision, likelihood", snr_db, nodes) for snr_db in (0, 30) for nodes in (1, 2)
    ]
    assert all(one["verdict"] in ("better", "no difference shown") for one in compared)
    assert shown[-1].startswith("likelihood-3 against decision, likelihood: better in ")
    points = ran.answer["frontier"]
    assert {point["snr_db"] for point in points} == {0, 30}
    assert all(point["bits_least"] <= point["bits_total"] for point in points if point["code"] != "full")
    assert any(line.startswith("  30 dB  ") and line.endswith("2.32") for line in shown)  # log2 of 5 trees
    assert laconic(*asked, "--json").answer["cells"] == cells


def test_several_codecs_stand_beside_each_other(laconic: Any, forest: str, tmp_path: Path) -> None:
    one, other = (str(lamps.write(tmp_path / name)) for name in ("one", "other"))
    asked = (forest, "--nodes", "1:2", "--snr-db", 10, "--bits", 3)
    found = laconic("sense", one, other, *asked, "--json").answer
    alone = laconic("sense", other, *asked, "--json").answer
    for table in ("cells", "frontier", "worth", "comparisons"):
        assert [row for row in found[table] if row["codec"] == other] == alone[table]
    ran = laconic("sense", one, other, *asked)
    assert ran.out.count("more nodes +") == ran.out.count("likelihood-3 against") == 2
    assert ran.out.index(f"\n{one}\n") < ran.out.index(f"\n{other}\n")
    page = Path(found["report"])
    assert page == (tmp_path / "one-sense.html").resolve()
    assert page.read_text("utf-8").count("<h2>") == 3  # both codecs, and where it comes from
    assert laconic("sense", one).code == 2


def test_a_codec_that_is_not_there_is_told_before_anything_is_measured(
    laconic: Any, forest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(sensing, "sense")
    ran = laconic("sense", lamps.write(tmp_path / "codec"), tmp_path / "gone", forest)
    assert ran.code == 1
    assert "gone" in ran.err
    assert not (tmp_path / "codec-sense.html").exists()


def test_views_are_each_sensors_own_and_groups_stay_in_one_half(
    laconic: Any, forest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    halves: list[tuple[np.ndarray, np.ndarray]] = []
    divide = sensing.hold_out

    def hold_out(labels: np.ndarray, groups: np.ndarray, *rest: Any) -> Any:
        test, calibration = divide(labels, groups, *rest)
        halves.append((groups[test], groups[calibration]))
        return test, calibration

    monkeypatch.setattr(sensing, "hold_out", hold_out)
    folder, source = lamps.write(tmp_path / "codec"), forest + "?split=train&group=[0-9]"
    asked = ("sense", folder, source, "--nodes", 2, "--snr-db", 30, "--bits", 3, "--json")
    found = laconic(*asked, "--views", "dead").answer
    assert found["views"] == "dead"
    right = {cell["code"]: cell["accuracy"] for cell in found["cells"]}
    clean = {cell["code"]: cell["accuracy"] for cell in laconic(*asked).answer["cells"]}
    assert 0.9 < right["likelihood-3"] < clean["likelihood-3"] == 1  # both are dead in 4 %
    assert right["decision"] < right["likelihood-3"] - 0.05  # a vote of two doesn't know whom to believe
    for test, calibration in halves:
        assert not np.intersect1d(test, calibration).size
        assert len(np.unique(test)) > 1


def test_a_range_of_nodes_is_two_numbers_or_one() -> None:
    assert node_range("2:4") == (2, 3, 4)
    for text in ("0:3", "3:2", "1:65", "a:3", "", "1:", "-1:3", "1:2:3"):
        with pytest.raises(PartError, match="--nodes takes A:B, as in 1:4, or one number, from 1 to 64"):
            node_range(text)


def test_too_few_pictures_are_refused(laconic: Any, forest: str, tmp_path: Path) -> None:
    ran = laconic("sense", lamps.write(tmp_path / "codec"), forest, "--snr-db=-30", "--nodes", 1, "--n", 10)
    assert ran.code == 1
    assert "events wanted" in ran.err


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (("--n-train", 1), "training pictures of all 5 classes wanted, but the 1 taken have 1: take more (--n-train)"),
        (("--bits", 0), "a budget of 1..64 bits wanted, got 0"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(
    asked: tuple[str, int], text: str, laconic: Any, forest: str, tmp_path: Path
) -> None:
    ran = laconic("sense", lamps.write(tmp_path / "codec"), forest, *asked, "--json")
    assert ran.code == 1
    assert text in ran.answer["error"]
