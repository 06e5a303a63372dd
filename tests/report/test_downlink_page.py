"""The page of a downlink: every SNR in figure and table, pictures with their error, nothing from outside as HTML."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from laconic.contract import DownlinkPoint, DownlinkScore, LaconicError
from laconic.report.downlink import (
    ERROR_TIMES,
    Shown,
    accuracy_over_snr,
    downlink_page,
    psnr_over_snr,
    write_downlink_page,
)


def score(*snrs: float, accuracy: float | None = 0.75) -> DownlinkScore:
    points = tuple(
        DownlinkPoint(snr, 20 + snr / 3, 18 + snr / 3, 24.0, (19.0, 21.5), 0.8, None, 0.123, accuracy) for snr in snrs
    )
    return DownlinkScore(
        "<b>digits</b>",
        "AWGN(<i>)",
        0.9,
        4,
        50,
        10,
        512,
        512,
        409,
        25570,
        "pooled",
        (0.0, 18.0),
        "<u>mine",
        0,
        points,
        1.5,
    )


def shown(side: int = 8) -> Shown:
    sent = np.full((3, side, side, 1), 100, np.uint8)
    received = sent.copy()
    received[1, 0, 0] = 90
    received[2] = 255
    return Shown(12.0, sent, received, (0, 0, 4))


def test_a_page_shows_every_point_and_nothing_from_outside_as_html() -> None:
    page = downlink_page(score(0.0, 12.0), [shown(), shown(200)], {"downlink": "<s>"})
    assert page.count("<svg ") == 4
    row = (
        "<tr><th>12 dB</th><td>24.00</td><td>22.0 to 24.0</td><td>19.0 to 21.5</td><td>0.800</td><td>0.123</td><td>75.0"
    )
    assert row in page
    assert page.count("MS-SSIM") == 0  # nothing has it
    assert page.count('<img alt=""') == 2 * 9
    assert page.count("<th>group 4</th>") == 2
    assert page.count('class="downlink pixels"') == page.count('class="downlink"') == 1
    assert "Users of one scene have pictures of correlation 0.9." in page
    assert not any(raw in page for raw in ("<b>digits", "<i>", "<u>", "<s>"))
    assert downlink_page(score(0.0, 12.0), [shown(), shown(200)], {"downlink": "<s>"}) == page
    assert "a picture of its own, unrelated" in downlink_page(replace(score(0.0), correlation=None), [], {})


def test_an_error_is_shown_larger() -> None:
    page = downlink_page(score(0.0), [shown()], {})
    pictures = [base64.b64decode(found) for found in re.findall(r'src="data:image/png;base64,([^"]+)"', page)]
    errors = [np.asarray(Image.open(io.BytesIO(data))) for data in pictures[6:]]
    assert errors[0].max() == 0
    assert errors[1].ravel().tolist() == [10 * ERROR_TIMES] + 63 * [0]
    assert errors[2].min() == 255


@pytest.mark.parametrize("snrs", [(10.0,), (-0.5, 0.0), tuple(float(snr) for snr in range(-100, 100))])
@pytest.mark.parametrize("width", [370, 1000])
def test_any_range_of_snrs_can_be_drawn(snrs: tuple[float, ...], width: int) -> None:
    assert ">PSNR (dB)<" in psnr_over_snr(score(*snrs), width)
    assert ">accuracy<" in accuracy_over_snr(score(*snrs), width)


def test_without_classes_no_accuracy_is_drawn() -> None:
    page = downlink_page(score(0.0, 12.0, accuracy=None), [], {})
    assert page.count("<svg ") == 2
    assert "accuracy" not in page


def test_a_page_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(LaconicError, match="cannot write the report"):
        write_downlink_page(tmp_path / "gone" / "page.html", score(0.0), [], {})
