"""`laconic demo`: train on the built-in digits, say them, understand them again, and show it."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from laconic.cli.output import Command, percent, say, watched

# Ten digits need ten words of one unit each. Sparsity comes late, when every digit has a unit of its own: earlier,
# two of them would come to share one.
EPOCHS, WEIGHT, WARMUP = 60, 3e-2, 0.7
SHOWN = 5  # pictures shown with their packets


@dataclass(frozen=True)
class Demo(Command):
    """Train a codec on scikit-learn's digits, encode and decode the test digits, write a report page."""

    out: Path = Path("demo")
    """The folder for the codec and the report."""

    seed: int = 0
    """Of all randomness: the same seed gives the same codec on one CPU thread."""

    def run(self) -> dict[str, Any]:
        """The whole way, from pictures to packets to meanings."""
        from laconic.extras import check_installed

        check_installed("lightning", "train")
        from laconic.cli.figures import write_page
        from laconic.data import open_source
        from laconic.language import MaxProAmp
        from laconic.score.evaluation import evaluate_source
        from laconic.train import Recipe, fit

        began = time.perf_counter()
        shutil.rmtree(self.out / "codec.run", ignore_errors=True)  # an interrupted demo's; it is short, so begin anew
        say("training on 1297 digits of 8x8 pixels ...")
        source = open_source("digits")
        recipe = Recipe(
            encoder="cnnw16",
            k=1,
            epochs=EPOCHS,
            batch_size=128,
            sparsity_weight=WEIGHT,
            sparsity_warmup=WARMUP,
            precision="fp32",
            seed=self.seed,
        )
        code = MaxProAmp(k=1, level_bits=0, named=0.01)
        out = self.out / "codec"
        codec = fit(source, out, recipe=recipe, code=code, progress=watched(), command="laconic demo")
        say("encoding and decoding 500 test digits ...")
        evaluation, loaded = evaluate_source(codec, source)
        report = self.out / "report.html"
        write_page(report, evaluation, loaded.images, codec)
        packets = codec.encode(loaded.images[:SHOWN])
        labels = source.split("test").labels
        shown = [
            {
                "digit": source.class_names[labels[i]],
                "packet": packet.hex(" "),
                "name": m.name,
                "confidence": m.confidence,
            }
            for i, (packet, m) in enumerate(zip(packets, codec.decode(packets), strict=True))
        ]
        return {
            "dataset": "digits",
            "n_test": evaluation.n,
            "accuracy_full": evaluation.accuracy_full,
            "accuracy_said": evaluation.said.accuracy,
            "bits_mean": evaluation.said.bits_mean,
            "bits_formula": evaluation.said.bits_formula,
            "entropy_bits": evaluation.said.bits_entropy,
            "packet_bytes_mean": evaluation.said.packet_bytes_mean,
            "escaped": evaluation.said.escaped,
            "n1": evaluation.n1,
            "n2": evaluation.n2,
            "words": len(evaluation.words),
            "examples": shown,
            "seconds": round(time.perf_counter() - began, 1),
            "codec": str(self.out / "codec"),
            "report": str(report),
        }

    def show(self, result: dict[str, Any]) -> None:
        """What a newcomer wants to see first."""
        for row in result["examples"]:
            print(f"a picture of {row['digit']}  ->  {row['packet']}  ->  {row['name']}, {percent(row['confidence'])}")
        print()
        print(f"{result['n_test']} test digits, {result['seconds']} s, training included")
        print(f"  said      {percent(result['accuracy_said'])} right from {result['bits_mean']:.2f} bits a picture")
        print(f"            ({result['words']} words; their entropy is {result['entropy_bits']:.2f} bits)")
        print(f"  packets   {result['packet_bytes_mean']:.2f} bytes with header and check; the raw picture has 64")
        print(f"  full      {percent(result['accuracy_full'])} right from all {result['n1']} effective features")
        print(f"codec:  {result['codec']}")
        print(f"report: {result['report']}")
