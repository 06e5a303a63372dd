"""`laconic distill`: what it prints, and that what it refuses costs no time."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

from laconic.cli.distill import Distill
from laconic.codec import Codec

KEYS = (
    *("codec", "n", "accuracy_said", "accuracy_full", "label_agreement", "word_agreement", "said_agreement"),
    *("unit_overlap", "centred_cosine", "teacher", "cost", "skipped", "seconds"),
)


def test_distill_leaves_a_student_and_its_figures(
    laconic: Any,
    digits_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = ("--encoder", "cnnw4", "--method", "kd", "--epochs", "1", "--int8", "--json")
    ran = laconic("distill", digits_folder, "digits", *asked)
    assert ran.code == 0, ran.err
    assert set(KEYS) <= set(ran.answer)
    assert (ran.answer["codec"], ran.answer["n"], ran.answer["skipped"]) == ("student", 500, 0)
    ours, theirs = Codec.load("student"), Codec.load(digits_folder)
    assert ours.fingerprint == theirs.fingerprint
    assert ran.answer["teacher"]["accuracy_said"] == theirs.manifest["measured"]["accuracy_said"]
    student, teacher = (ran.answer["cost"][side] for side in ("student", "teacher"))
    assert student["kilobytes"] == Path("student/encoder.onnx").stat().st_size / 1000
    assert student["kilobytes_int8"] < student["kilobytes"]
    assert student["multiply_adds"] < teacher["multiply_adds"]
    Distill(digits_folder, "digits").show(ran.answer)
    out, err = capsys.readouterr()
    assert f"student: {100 * ran.answer['accuracy_said']:.1f} % from " in out
    assert f"float: {100 * ran.answer['label_agreement']:.1f} % understood as the teacher is" in out
    assert f"int8: {100 * ran.answer['int8']['label_agreement']:.1f} % understood as the teacher is" in out
    assert f"teacher: {teacher['kilobytes']:.0f} kB, {teacher['multiply_adds'] / 1e6:.2f} million multiply-adds" in out
    assert err == "next: laconic evaluate student digits\n"
    Distill(digits_folder, "folder:unlabelled").show({key: ran.answer[key] for key in KEYS if key != "teacher"})
    assert capsys.readouterr().err == "next: laconic evaluate student SOURCE\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "'nothing' is no source; wanted digits, site, parquet:FOLDER"),
        (
            ["site?n=120"],
            "this teacher knows the classes 0, 1, 2, 3, 4, ...; site.* has .*: distil on pictures of the same",
        ),
        (["digits", "--encoder", "cnnx"], "an encoder is one of cnn, resnet-8"),
        (["digits", "--encoder", "math:pi"], "a torch.nn.Module, or what makes one, wanted, got 3.14"),
        (
            ["digits", "--layers", "end", "--teacher-layers", "stem"],
            "the network has no layer 'end'; it has stem, stem.0",
        ),
        (
            ["digits", "--layers", "stem", "--teacher-layers", "end"],
            "the network has no layer 'end'; it has stem, stem.0",
        ),
        (["digits", "--layers", "stem", "stages.0", "--teacher-layers", "stem"], "go in pairs, and there are 2 and 1"),
        (["digits", "--out", "{teacher}"], "is the teacher, which its student may not replace; choose another --out"),
        (["digits", "--weight", "-1"], "weight is at least 0, not -1"),
        (["digits", "--epochs", "1", "--minutes", "1"], "give one of them"),
    ],
)
def test_what_cannot_be_distilled_is_told_at_once(
    arguments: list[str],
    message: str,
    laconic: Any,
    digits_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = laconic("distill", digits_folder, *(each.format(teacher=digits_folder) for each in arguments))
    assert (ran.code, ran.out) == (1, "")
    assert re.search(message, ran.err), ran.err
    assert list(tmp_path.iterdir()) == []


def test_int8_needs_its_package(
    laconic: Any, digits_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *rest: None if name == "onnx" else found(name, *rest))
    ran = laconic("distill", digits_folder, "digits", "--int8")
    assert (ran.code, ran.out) == (1, "")
    assert "laconic[train]" in ran.err
    assert list(tmp_path.iterdir()) == []
