"""`laconic train SOURCE --out CODEC`: from labelled pictures, or texts, to a codec."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from tyro.conf import Positional, arg

from laconic.cli.output import Command, Flag, Maybe, in_words, percent, say, watched


@dataclass(frozen=True)
class Train(Command):
    """Train a codec on labelled pictures, or on labelled texts."""

    source: Annotated[Positional[str], arg(metavar="SOURCE")]
    """digits, site, parquet:FOLDER, hub:NAME or folder:PATH, with options as in
    parquet:FOLDER?image=img&label=fine_label&group=COLUMN; of texts parquet:FOLDER?text=COLUMN, or remarks."""

    out: Path = Path("codec")
    """Where the Codec folder goes; an older codec there is replaced when the new one is complete."""

    objective: Maybe[str] = None
    """joint (the default), cross-entropy (that of texts), supcon, label-variation, or package.module:name, a loss of
    (features, labels); without labels simclr, moco, disentangle."""

    similarity: Literal["cosine", "jaccard", "two-projectors"] = "cosine"
    """What simclr and moco compare by."""

    discrimination: Literal["consistency", "literal"] = "consistency"
    """The cluster loss of disentangle: as it works, or as paper 000 prints it."""

    balance_weight: float = 2.0
    """How much disentangle presses for clusters of equal size."""

    clusters: Maybe[int] = None
    """Say clusters instead of labels: so many, to be named later with laconic name."""

    tries: Maybe[int] = None
    """How often disentangle begins (4); the half of lower held-out loss goes on, until one is left."""

    queue: Maybe[int] = None
    """Stale pictures that moco (4096) and disentangle (1024) remember, or half of the data where that is less."""

    encoder_momentum: Maybe[float] = None
    """The part of moco's and disentangle's momentum encoder that a step leaves; the default suits the objective."""

    sparsity: Maybe[Literal["none", "feature", "mask", "weighted"]] = None
    """What is made sparse: nothing, the features, the mask, or both together; by default the mask where there are
    labels, nothing with label-variation."""

    sparsity_weight: Maybe[float] = None
    """The sparsity term's weight; the default suits the objective."""

    target_bits: Maybe[float] = None
    """Give messages of this mean length: the sparsity weight is found and, without --code, K and the code chosen."""

    encoder: Maybe[str] = None
    """cnn (disentangle: cnnw16), resnet-8, resnet-18, resnet-50, with a width as in cnnw32, or package.module:name; for
    texts bilstm-1w64 (one layer of 64 units in either direction), or paper 001's bilstm."""

    mask_input: Literal["map", "vector"] = "map"
    """What the mask-net pools: the feature map, or (as paper 001 prints it) the pooled features."""

    code: Maybe[str] = None
    """maxamp (the default), progressive, maxproamp, maxpro, scalar, decision (for clusters), or package.module:name."""

    k: int = 3
    """How many units a word names."""

    epochs: Maybe[int] = None
    """Train for so many epochs."""

    minutes: Maybe[float] = None
    """Train for so long, everything included; 15 if neither --epochs nor --patience says when to stop."""

    patience: Maybe[int] = None
    """Train at a constant rate until so many epochs bring no improvement."""

    batch_size: Maybe[int] = None
    """Pictures in a training step (256), or texts (64)."""

    learning_rate: Maybe[float] = None
    """The highest, after warming up; the default suits the objective."""

    temperature: Maybe[float] = None
    """Of the contrastive loss; the default suits the objective."""

    views: Literal[1, 2] = 1
    """Augmented copies of each picture in a batch."""

    augment: Literal["auto", "none", "shift", "shift-flip", "strong", "strong-gray", "augmix"] = "auto"
    """auto: shifts, and mirroring where pictures have colour; stronger views where there are no labels. augmix: these,
    then mixed with varied copies, against weather, blur and noise."""

    consistency: Maybe[float] = None
    """The weight with which a picture and two of its augmix copies are to be classified alike: 12 with joint and
    cross-entropy, which makes training take 3 to 5 times as long; 0 is augmix at hardly any cost."""

    smooth: float = 0.0
    """gamma of the regulariser that lets classes come apart little by little, layer by layer; paper 003 has 0.01."""

    smooth_layers: Annotated[tuple[str, ...], arg(metavar="LAYER", help_behavior_hint="")] = ()
    """The backbone's layers that --smooth compares; by default all after a ReLU."""

    parseval: Flag = False
    """Keep the weights nearly orthogonal, so that small changes of a picture stay small."""

    adversarial: Annotated[float, arg(metavar="EPS")] = 0.0
    """Train, with joint and cross-entropy, on pictures whose pixels, from 0 to 1, PGD has changed by up to this; 0.03
    is usual for colour. Each step of PGD costs about as much as a training step without it."""

    adversarial_steps: int = 3
    """Steps of PGD: 3 make training take 3 to 4 times as long."""

    sensor_noise: Annotated[Maybe[str], arg(metavar="A:B")] = None
    """Make a codec for noisy sensors: each view of a training picture has Gaussian noise at an SNR of A to B dB, drawn
    evenly; tables, thresholds and the figures that are told are of such pictures, too. 0:24 suits laconic sense."""

    size: Maybe[str] = None
    """WIDTHxHEIGHT that the encoder sees; by default the pictures' own, 96 pixels at most."""

    fit: Literal["squash", "crop", "pad"] = "squash"
    """How pictures of another shape are made to fit."""

    color: Maybe[Literal["rgb", "gray"]] = None
    """By default gray only if the pictures are."""

    length: Maybe[int] = None
    """Of a text so many words are read, the last ones; 200 unless given."""

    balance: Flag = False
    """Weigh rare classes up."""

    validation: float = 0.1
    """The part of the training pictures that is held out."""

    max_error: Maybe[float] = None
    """Say a picture only where the error among said ones stays below this; send the others as small pictures."""

    confidence: float = 0.95
    """How sure --max-error is to hold."""

    per_class: Flag = False
    """Hold --max-error for the pictures said as each class."""

    max_miss: Annotated[tuple[str, ...], arg(metavar="CLASS=X", help_behavior_hint="")] = ()
    """CLASS=0.1 ...: the largest part of a class's pictures that may be said as something else."""

    picture_bytes: int = 220
    """The most bytes of a sent picture."""

    receiver_encoder: Maybe[str] = None
    """A network, named as for --encoder, that looks at sent pictures at the receiver; trained as long again."""

    calibration: float = 0.1
    """The part of the training pictures on which --max-error is calibrated."""

    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """auto: bf16 where the processor has it."""

    seed: int = 0
    """Of all randomness: the same seed gives the same codec on one CPU thread."""

    resume: Flag = False
    """Continue the run that was left at this --out."""

    def run(self) -> dict[str, Any]:
        """Train, then say what was reached on held-out pictures."""
        from laconic.cli.parts import PartError, code_named, encoder_named, limits_of, objective_named, snr_between
        from laconic.data import open_source
        from laconic.extras import check_installed

        check_installed("lightning", "train")
        noise = None if self.sensor_noise is None else snr_between(self.sensor_noise, "--sensor-noise")
        source = open_source(self.source)  # told wrong before torch is imported
        code = None if self.code is None else code_named(self.code, self.k)
        limits = limits_of(self, source.class_names) if self.max_error is not None else None
        split = source.split("train")
        texts = split.holds_texts
        if self.length is not None and not texts:
            raise PartError(f"--length is that of texts, and {source.name} holds pictures")
        from laconic.train import Recipe, choose_preprocessing, choose_text, fit, text_recipe

        recipe = (text_recipe if texts else Recipe.with_defaults)(
            objective=self.objective and objective_named(self.objective),
            similarity=self.similarity,
            discrimination=self.discrimination,
            balance_weight=self.balance_weight,
            clusters=self.clusters,
            tries=self.tries,
            queue=self.queue,
            encoder_momentum=self.encoder_momentum,
            sparsity=self.sparsity,
            sparsity_weight=self.sparsity_weight,
            target_bits=self.target_bits,
            mask_input=self.mask_input,
            encoder=self.encoder and encoder_named(self.encoder),
            k=self.k,
            epochs=self.epochs,
            minutes=self.minutes,
            patience=self.patience,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            temperature=self.temperature,
            augment=self.augment,
            views=self.views,
            consistency=self.consistency,
            smooth=self.smooth,
            smooth_layers=self.smooth_layers,
            parseval=self.parseval,
            adversarial=self.adversarial,
            adversarial_steps=self.adversarial_steps,
            sensor_noise=noise,
            balance=self.balance,
            validation=self.validation,
            precision=self.precision,
            seed=self.seed,
        )
        shape = (self.size, self.fit, self.color)
        preprocessing = choose_text(split, self.length, *shape) if texts else choose_preprocessing(split, *shape)
        codec = fit(
            source,
            self.out,
            recipe=recipe,
            code=code,
            preprocessing=preprocessing,
            limits=limits,
            calibration=self.calibration,
            receiver_encoder=self.receiver_encoder,
            resume=self.resume,
            progress=watched(),
            command=shlex.join(["laconic", *sys.argv[1:]]),
        )
        return {
            "codec": str(self.out),
            "of": codec.preprocessing.noun,
            **codec.manifest["measured"],
            **({"guarantee": dict(codec.sending.guarantee)} if codec.sending else {}),
            "skipped": codec.manifest["provenance"]["skipped"],
            "seconds": codec.manifest["provenance"]["seconds"],
        }

    def show(self, result: dict[str, Any]) -> None:
        """Say it in a few lines."""
        if "clusters" in result:
            fit = f", {percent(result['accuracy'])} of them as the labels have it" if "accuracy" in result else ""
            print(f"{result['codec']}: {len(result['clusters'])} clusters of {result['n']} test pictures{fit}")
            say(f"next: laconic name {result['codec']} SOURCE")
            return
        print(
            f"{result['codec']}: {percent(result['accuracy_said'])} from {result['bits_mean']:.2f} bits "
            f"(full features {percent(result['accuracy_full'])}) on {result['n']} test {result['of']}s"
            + (f" with noise of {self.sensor_noise} dB" if self.sensor_noise else "")
        )
        if "guarantee" in result:
            print(in_words(result["guarantee"]))
        say(f"next: laconic evaluate {result['codec']} {self.source}")
