"""A trial of one's own: two views of a picture against one. Run it with `laconic trial own_trial.py --seeds 5`."""

from __future__ import annotations

from tempfile import TemporaryDirectory

from laconic.trials import Column, Scale, Trial, Value, bars, higher


def measure(parameters, seed, source):
    """Train a codec in a folder that is thrown away; its numbers on the test pictures are kept."""
    from laconic.train import Recipe, fit  # here, for torch is not needed before

    recipe = Recipe(encoder="cnnw8", epochs=2, batch_size=128, k=1, seed=seed, **parameters)
    with TemporaryDirectory() as folder:
        return fit(source, f"{folder}/codec", recipe=recipe).manifest["measured"]


trial = Trial(
    name="own/views",
    claim="With two views of each picture in a batch, words are understood better.",
    rule="the accuracy of two views is higher than that of one, beyond the noise of the seeds",
    rules=(higher(Value("two views", "accuracy_said"), Value("one view", "accuracy_said")),),
    measure=measure,
    scales={"smoke": Scale(arms={"one view": {"views": 1}, "two views": {"views": 2}}, seeds=3, source="digits")},
    columns=(Column("accuracy_said", "accuracy", 3), Column("bits_mean", "bits a picture")),
    figure=bars("accuracy_said", "accuracy from words"),
)
