"""The figures: every code named, valid XML, the same bytes each time, no trace in matplotlib's state."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest

from laconic.contract import Evaluation, SendingScore
from laconic.report import accuracy_figure, activity_figure
from laconic.report.sending_figures import bytes_figure, error_figure
from laconic.report.wording import code_label


def of_bytes(evaluation: Evaluation, width_px: int = 760) -> str:
    assert evaluation.sending is not None
    return bytes_figure(evaluation.sending, width_px)


def of_errors(evaluation: Evaluation, width_px: int = 760) -> str:
    assert evaluation.sending is not None
    return error_figure(evaluation.sending, evaluation.n, width_px)


FIGURES = [accuracy_figure, activity_figure, of_bytes, of_errors]


def texts(figure: str) -> str:
    """What a person reads in it, lines joined by spaces."""
    return " ".join(t.text or "" for t in ElementTree.fromstring(figure).iter() if t.tag.endswith("}text"))


@pytest.mark.parametrize("width", [370, 1000])
def test_accuracy_names_every_code_and_both_limits(evaluation: Evaluation, width: int) -> None:
    read = texts(accuracy_figure(evaluation, width))
    assert [score.code for score in evaluation.codes if code_label(score) not in read] == []
    assert "MaxAmp K=3, spoken here:" in read
    assert "rate-distortion limit" in read
    assert "Fixed length" in read


def test_activity_marks_n1_the_threshold_and_the_silent(evaluation: Evaluation) -> None:
    read = texts(activity_figure(evaluation)).replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert "N1 = 12 of 64 units" in read
    assert "4.55 %" in read
    assert "44 silent" in read


@pytest.mark.parametrize("width", [370, 1000])
def test_said_or_sent_stands_beside_never_choosing(sending: SendingScore, width: int) -> None:
    read = texts(bytes_figure(sending, width)).replace("\N{NARROW NO-BREAK SPACE}", " ")
    for said in ("This codec, at most 5 % wrong: 96.0 % for 14.5 bytes", "Always said: 90.0 % for 3 bytes"):
        assert said in read
    for said in ("Always sent: 98.0 % for 60 bytes", "The receiver's network looks", "The node's encoder looks"):
        assert said in read
    assert "limit 1 %" in read
    assert "limit 10 %" in read


def test_one_line_is_enough_where_the_encoder_looks(sending: SendingScore) -> None:
    points = (replace(point, accuracy_encoder=point.accuracy) for point in (*sending.curve, sending.say, sending.send))
    *curve, say, send = points
    alone = replace(sending, curve=tuple(curve), chosen=curve[1], say=say, send=send)
    read = texts(bytes_figure(alone))
    assert "This codec" in read
    assert "looks" not in read


def test_a_codec_that_could_show_no_limit_is_drawn_by_its_two_points(sending: SendingScore) -> None:
    unmet = replace(sending, met=False, curve=(), chosen=replace(sending.send, max_error=0.05))
    read = texts(bytes_figure(unmet))
    assert "Always said" in read
    assert "Always sent" in read
    assert "This codec" not in read


def marks_of(figure: str, name: str) -> int:
    """How many round marks are filled with this colour."""
    shapes = [node for node in ElementTree.fromstring(figure).iter() if node.tag.endswith("}use")]
    return sum(f"fill: var(--{name}" in node.get("style", "") for node in shapes)


def test_limits_that_were_kept_broken_and_without_error_look_apart(sending: SendingScore) -> None:
    drawn = error_figure(sending, 400)
    assert "The bound" in texts(drawn)
    assert (marks_of(drawn, "card"), marks_of(drawn, "accent"), marks_of(drawn, "limit")) == (1, 1, 1)


@pytest.mark.parametrize(
    "change", [{"error_said": 0.0}, {"error_said": 1.0}, {"said_fraction": 0.0, "error_said": 0.0}]
)
def test_odd_limits_are_drawn(sending: SendingScore, change: dict[str, float]) -> None:
    odd = replace(sending.curve[0], **change)
    ElementTree.fromstring(error_figure(replace(sending, curve=(odd,), chosen=odd), 1))
    ElementTree.fromstring(bytes_figure(replace(sending, curve=(odd,), chosen=odd)))


@pytest.mark.parametrize("figure", FIGURES)
def test_the_same_bytes_whatever_the_users_own_style(
    figure: Callable[[Evaluation], str], evaluation: Evaluation
) -> None:
    first = figure(evaluation)
    with mpl.rc_context({"font.size": 31, "svg.fonttype": "path", "axes.facecolor": "pink"}):
        assert figure(evaluation) == first
        assert mpl.rcParams["font.size"] == 31
    assert mpl.rcParams["svg.hashsalt"] is None


@pytest.mark.parametrize("figure", FIGURES)
def test_described_free_of_ids_and_of_addresses(
    figure: Callable[[Evaluation, int], str], evaluation: Evaluation
) -> None:
    drawn = figure(evaluation, 500)
    root = ElementTree.fromstring(drawn)
    assert root.get("role") == "img"
    assert root.get("aria-label")
    assert root.get("width") == root.get("viewBox", "").split()[2] == "500"
    assert (
        drawn.replace("http://www.w3.org/2000/svg", "").replace("http://www.w3.org/1999/xlink", "").count("http") == 0
    )
    assert not [node for node in root.iter() if node.tag.endswith("}g") and node.get("id")]


def test_every_colour_can_be_redefined_by_the_page(evaluation: Evaluation) -> None:
    drawn = "".join(figure(evaluation) for figure in FIGURES)
    for name in ("card", "ink", "muted", "line", "accent", "limit", "shade"):
        assert f"var(--{name}, #" in drawn
    assert drawn.count("#") == drawn.count(", #") + drawn.count('"#') + drawn.count("url(#")


@pytest.mark.parametrize("figure", FIGURES[:2])
@pytest.mark.parametrize(
    "change",
    [
        {"codes": ()},
        {"classes": ("only",)},
        {"accuracy_full": 1.0},
        {"activity": np.zeros(64), "n1": 0},
        {"activity": np.ones(1), "n1": 1},
        {"activity": np.full(3, 0.001), "n1": 0},
        {"activity": np.zeros(0), "n1": 0},
    ],
)
def test_odd_evaluations_are_drawn(
    figure: Callable[[Evaluation], str], change: dict[str, object], evaluation: Evaluation
) -> None:
    ElementTree.fromstring(figure(replace(evaluation, **change)))  # type: ignore[arg-type]


def test_a_code_of_no_bits_and_one_below_chance_are_drawn(evaluation: Evaluation) -> None:
    silent = replace(evaluation.codes[5], bits_mean=0.0, bits_formula=0.0, accuracy=0.0)
    assert "Decision" in texts(accuracy_figure(replace(evaluation, codes=(*evaluation.codes[:5], silent))))


def test_a_hostile_name_of_a_code_stays_text(evaluation: Evaluation) -> None:
    hostile = replace(evaluation.said, code='</text><script x="$\\frac{1}$\n\x00')
    read = texts(accuracy_figure(replace(evaluation, codes=(hostile,), said=hostile)))
    assert '</text><script x="$\\frac{1}$?? K=3, spoken here:' in read


def test_importing_the_room_leaves_matplotlib_alone_and_drawing_leaves_pyplot_alone() -> None:
    script = (
        "import sys, laconic.report as report, numpy as np\n"
        "from laconic.contract import CodeScore, Evaluation\n"
        "assert 'matplotlib' not in sys.modules\n"
        "said = CodeScore('decision', 1, 1.0, 1.0, 1.0, 2.0, 0.9, 0.0)\n"
        "rest = ((), np.zeros((2, 2), int), (), None, 1.0)\n"
        "evaluation = Evaluation('x', ('a', 'b'), 1, 0.9, 1, 1.0, np.ones(2), (said,), said, (), *rest)\n"
        "report.activity_figure(evaluation)\n"
        "assert 'matplotlib' in sys.modules and 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
