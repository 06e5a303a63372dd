"""Distillation: a teacher rebuilt or run as it is, a student that speaks its language, and what can't be taught."""

from __future__ import annotations

import copy
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import lamps
import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from power_cut import PowerCut
from torch import nn

from laconic.codec import Codec, write_folder
from laconic.codec.folder import update_folder
from laconic.codec.overlap import trained_on
from laconic.codec.sending import FILE
from laconic.codec.session import Session
from laconic.codec.tables import write_speeches
from laconic.contract import LaconicError
from laconic.data import Source, Split
from laconic.encoder import FeatureEncoder, augment, build_backbone
from laconic.encoder.translated import Translated
from laconic.language import MaxAmp, MaxPro
from laconic.receiver import LinearReceiver
from laconic.train import Recipe
from laconic.train.distill import distill, student_recipe
from laconic.train.distilled import Distillation, Distilled
from laconic.train.export import export_onnx
from laconic.train.lesson import Lesson
from laconic.train.pictures import training_data
from laconic.train.tables import make_speech
from laconic.train.teacher import Teacher, network_of

TINY = {"batch_size": 64, "encoder": "cnnw4", "precision": "fp32", "epochs": 3}


class Narrow(nn.Module):
    """A network of one's own with fewer units than any word names."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = nn.Conv2d(1, 2, 3)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        seen: torch.Tensor = self.seen(pictures)
        return seen


@pytest.fixture(autouse=True)
def exported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """That an encoder can be exported is tried before training, too; here that is time for nothing."""
    monkeypatch.setattr(sys.modules["laconic.train.training"], "export_onnx", lambda *_: b"")


def lit(n: int, seed: int, name: str) -> Split:
    """Pictures of trees' words, as often as training heard them, with a little noise."""
    pictures, labels = lamps.training()
    rng = np.random.default_rng(seed)
    rows = rng.integers(len(pictures), size=n)
    noise = rng.integers(0, 30, (n, 4, 4))
    return Split(name, list(np.maximum(pictures[rows], noise).astype(np.uint8)), np.arange(n), labels[rows])


def pictures_of(source: Source, name: str) -> np.ndarray:
    split = source.split(name)
    return np.stack([np.asarray(split.picture(row)) for row in range(len(split))])[..., None]


@pytest.fixture(scope="module")
def forest() -> Source:
    return Source("forest", lamps.CLASSES, {"train": lit(400, 0, "train"), "test": lit(100, 1, "test")})


@pytest.fixture(scope="module")
def teacher(forest: Source, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A codec whose network nobody has trained: what it says of pictures is arbitrary, and can be learnt."""
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        encoder = FeatureEncoder(build_backbone("cnnw8", 1, (4, 4)), 1, (4, 4))
        for _ in range(30):
            encoder(torch.from_numpy(pictures_of(forest, "train")))  # batch norm gets to know them
    encoder.eval()
    network = export_onnx(encoder, (4, 4, 1), torch.arange(0, 32, 2))
    features, labels = Session(network)(pictures_of(forest, "train")), forest.split("train").labels
    head = LinearReceiver(np.eye(5, 16, dtype=np.float32), np.zeros(5, np.float32))
    said, full = (
        make_speech(code, (features, labels), (features[:0], labels[:0]), np.ones(5))
        for code in (MaxAmp(k=2), MaxPro(threshold=-1.0))
    )
    tables, index = write_speeches({"said": said, "full": replace(full, receiver=head)})
    weights = {f"encoder.{name}": value.contiguous() for name, value in encoder.state_dict().items()}
    manifest = {
        "classes": lamps.CLASSES,
        "preprocessing": vars(lamps.PREPROCESSING),
        "class_weights": [1.0] * 5,
        "speeches": index,
        "measured": {},
        "provenance": {"recipe": {"encoder": "cnnw8", "mask_input": "map", "seed": 7, "validation": 0.1}},
    }
    files = {"encoder.onnx": network, "weights.safetensors": safetensors.torch.save(weights)}
    folder = tmp_path_factory.mktemp("teacher") / "codec"
    write_folder(folder, manifest, {**files, "speeches.safetensors": tables})
    return folder


def tiny(**other: Any) -> Recipe:
    return student_recipe(**{**TINY, **other})


@pytest.fixture(scope="module")
def student(teacher: Path, forest: Source, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("student") / "codec"
    distill(teacher, forest, folder, recipe=tiny(), int8=True)
    return folder


def test_a_rebuilt_teacher_says_what_its_codec_says_and_so_does_one_that_could_not_be_rebuilt(
    teacher: Path, student: Path, forest: Source, tmp_path: Path
) -> None:
    pictures = pictures_of(forest, "test")
    views = torch.from_numpy(pictures).permute(0, 3, 1, 2) / 255
    for folder, n_channels in ((teacher, 32), (student, 16)):  # a student may teach
        codec = Codec.load(folder)
        rebuilt = Teacher(folder, codec)
        features, maps = rebuilt(views, ("stem", "stages.1"))
        np.testing.assert_allclose(features.numpy(), codec.session(pictures), rtol=1e-4, atol=1e-4)
        assert [each.shape[1] for each in maps] == [24, n_channels]
        assert rebuilt.stage_ends == ("stages.0", "stages.1", "stages.2")
    codec = Codec.load(teacher)
    copy = Path(shutil.copytree(teacher, tmp_path / "copy"))
    (copy / "weights.safetensors").unlink()
    foreign = Teacher(copy, codec)
    np.testing.assert_array_equal(foreign(views)[0].numpy(), codec.session(pictures))
    assert foreign.stage_ends == ()


def test_a_student_speaks_its_teachers_language(teacher: Path, student: Path, forest: Source) -> None:
    ours, theirs = Codec.load(student), Codec.load(teacher)
    assert ours.fingerprint == theirs.fingerprint
    assert (student / "speeches.safetensors").read_bytes() == (teacher / "speeches.safetensors").read_bytes()
    pictures = pictures_of(forest, "test")
    packets = ours.encode(pictures)
    assert packets != theirs.encode(pictures)
    for here, there in zip(ours.decode(packets), theirs.decode(packets), strict=True):
        assert (here.name, here.word, here.confidence) == (there.name, there.word, there.confidence)
        np.testing.assert_array_equal(here.probabilities, there.probabilities)


def test_its_figures_are_those_of_the_test_split(teacher: Path, student: Path, forest: Source) -> None:
    ours, theirs = Codec.load(student), Codec.load(teacher)
    measured = ours.manifest["measured"]
    pictures, labels = pictures_of(forest, "test"), forest.split("test").labels
    features = [codec.features(pictures) for codec in (theirs, ours)]
    meant = [theirs.said.posterior(theirs.said.say(each)).argmax(axis=1) for each in features]
    assert measured["label_agreement"] == (meant[0] == meant[1]).mean()
    assert measured["word_agreement"] == (features[0].argmax(axis=1) == features[1].argmax(axis=1)).mean()
    assert measured["accuracy_said"] == (meant[1] == labels).mean()
    assert measured["teacher"]["accuracy_said"] == (meant[0] == labels).mean()
    assert len(np.unique(meant[0])) > 1
    small = Codec.load(student, encoder="int8")
    agreed = small.features(pictures).argmax(axis=1) == features[0].argmax(axis=1)
    assert measured["int8"]["word_agreement"] == agreed.mean()


def test_a_killed_run_resumes_to_the_same_weights_bit_for_bit(
    teacher: Path, student: Path, forest: Source, tmp_path: Path
) -> None:
    cut = tmp_path / "cut"
    with pytest.raises(SystemError, match="power cut"):
        distill(teacher, forest, cut, recipe=tiny(), callbacks=[PowerCut(step=8)])
    with pytest.raises(LaconicError, match="started with other settings: method was 'gkd', is 'rkd'"):
        distill(teacher, forest, cut, recipe=tiny(), distillation=Distillation("rkd"), resume=True)
    distill(teacher, forest, cut, recipe=tiny(), resume=True)
    whole, resumed = (safetensors.numpy.load_file(each / "weights.safetensors") for each in (student, cut))
    for name, value in whole.items():
        np.testing.assert_array_equal(value, resumed[name], err_msg=name)


@pytest.mark.parametrize("method", ["gkd", "rkd", "kd"])
def test_each_method_learns(method: str, teacher: Path, forest: Source) -> None:
    codec = Codec.load(teacher)
    pictures, labels = pictures_of(forest, "train")[:100], torch.from_numpy(forest.split("train").labels[:100])
    told = codec.session(pictures)
    lesson = Lesson(Teacher(teacher, codec), Distillation(method), True, told.mean(0), float(told.max(1).mean()))
    data = training_data(forest, codec.preprocessing, tiny())
    way = lesson.build(data, codec.preprocessing, tiny(), None, 1).train()
    views = way.encoder.pictures(torch.from_numpy(pictures))
    optimizer = torch.optim.SGD(way.parameters(), 0.04, 0.9)
    losses = []
    for _ in range(40):
        assert isinstance(way, Distilled)
        loss, features, _ = way.lesson(views, labels)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
    same = features.detach().numpy().argmax(axis=1) == told.argmax(axis=1)
    assert same.mean() > np.bincount(told.argmax(axis=1)).max() / 100  # always to say the same is no more


class Echo(Teacher):
    """A teacher that says what its student says, in an order of units of its own."""

    def __init__(self, encoder: FeatureEncoder, order: list[int]) -> None:
        self.encoder = encoder
        self.order = order
        self.network = None

    @property
    def head(self) -> None:
        return None

    @torch.no_grad()
    def __call__(self, views: torch.Tensor, layers: Sequence[str] = ()) -> tuple[torch.Tensor, list[torch.Tensor]]:
        assert list(layers) == []
        return self.encoder.features(views)[0][:, self.order], []


@pytest.mark.parametrize("method", ["gkd", "rkd", "kd"])
def test_who_says_what_the_teacher_says_has_nothing_left_to_learn(method: str) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Translated(nn.Conv2d(1, 3, 3), 1, (8, 8), 6, loudness=20.0)
    nn.init.constant_(network.get_parameter("translate.1.bias"), 2.0)  # no unit is silent
    encoder = FeatureEncoder(network, 1, (8, 8), "none").eval()
    views = torch.rand(16, 1, 8, 8, generator=torch.Generator().manual_seed(1))

    def loss(order: list[int]) -> float:
        way = Distilled(encoder, Echo(encoder, order), Distillation(method), False, tiny(), augment.NONE, 10, 1).eval()
        return way.lesson(views, torch.zeros(16, dtype=torch.int64))[0].item()

    assert loss([0, 1, 2, 3, 4, 5]) == pytest.approx(0, abs=1e-5)
    assert loss([1, 2, 3, 4, 5, 0]) > 1  # the squared error alone is above the variance


def _way(
    teacher: Path, forest: Source, labelled: bool, recipe: Recipe | None = None, **asked: float
) -> tuple[Distilled, torch.Tensor, torch.Tensor]:
    """A student that begins, with 50 pictures and their labels."""
    recipe = recipe or tiny()
    codec = Codec.load(teacher)
    pictures, labels = pictures_of(forest, "train")[:50], torch.from_numpy(forest.split("train").labels[:50])
    told = codec.session(pictures)
    lesson = Lesson(
        Teacher(teacher, codec), Distillation("kd", **asked), labelled, told.mean(0), float(told.max(1).mean())
    )
    way = lesson.build(training_data(forest, codec.preprocessing, recipe), codec.preprocessing, recipe, None, 1).eval()
    assert isinstance(way, Distilled)
    return way, way.encoder.pictures(torch.from_numpy(pictures)), labels


def test_a_student_begins_with_its_teachers_filters_and_a_network_of_ones_own_with_its_own(
    teacher: Path, forest: Source
) -> None:
    theirs = Teacher(teacher, Codec.load(teacher)).network
    assert theirs is not None
    own = build_backbone("cnnw4", 1, (4, 4))
    for expected, given in ((theirs.backbone, {}), (copy.deepcopy(own), {"encoder": own})):
        way, _, _ = _way(teacher, forest, False, tiny(**given))
        stems = (network_of(network).state_dict()["stem.0.weight"] for network in (way.encoder.backbone, expected))
        torch.testing.assert_close(*stems, rtol=0, atol=0)


def test_labels_are_learnt_by_a_classifier_of_the_students_own(teacher: Path, forest: Source) -> None:
    losses = []
    for weight in (0.0, 1.0):
        way, views, labels = _way(teacher, forest, True, task_weight=weight)
        nn.init.zeros_(way.classifier.weight)
        nn.init.zeros_(way.classifier.bias)
        losses.append(way.lesson(views, labels)[0].item())
    assert losses[1] - losses[0] == pytest.approx(np.log(5), rel=1e-4)  # it knows nothing yet of five classes


def test_its_teachers_decisions_reach_the_network_through_that_classifier(teacher: Path, forest: Source) -> None:
    way, views, labels = _way(teacher, forest, False)
    first = next(network_of(way.encoder.backbone).parameters())
    (with_it,) = torch.autograd.grad(way.lesson(views, labels)[0], [first])
    heard = way.lesson(views, labels)[0].item()
    nn.init.zeros_(way.classifier.weight)  # it knows nothing, and asks the network for nothing
    nn.init.zeros_(way.classifier.bias)
    (without_it,) = torch.autograd.grad(way.lesson(views, labels)[0], [first])
    assert (with_it - without_it).norm() > 1e-4 * without_it.norm()  # rounding is 1e-6
    assert way.lesson(views, labels)[0].item() != heard
    other = (labels + 1) % 5
    assert way.lesson(views, labels)[0] == way.lesson(views, other)[0]  # what labels there are counts for nothing


def test_pictures_without_labels_and_a_network_of_ones_own_will_do(
    teacher: Path, forest: Source, tmp_path: Path
) -> None:
    splits = {name: replace(split, labels=np.zeros_like(split.labels)) for name, split in forest.splits.items()}
    found = distill(teacher, Source("heap", (), splits), tmp_path / "s", recipe=tiny(epochs=1), encoder=Narrow())
    assert found.fingerprint == Codec.load(teacher).fingerprint
    assert found.classes == lamps.CLASSES
    assert "accuracy_said" not in found.manifest["measured"]
    assert 0 < found.manifest["measured"]["label_agreement"] <= 1
    assert Teacher(tmp_path / "s", found).network is None


def test_a_teacher_that_says_or_sends_has_a_student_that_does(forest: Source, tmp_path: Path) -> None:
    folder = lamps.write(tmp_path / "codec")
    content, record = lamps.sending(max_error=0.2).to_files()
    update_folder(folder, {"sending": record}, {FILE: content})
    taught = Codec.load(folder).sending
    found = distill(folder, forest, tmp_path / "s", recipe=tiny(epochs=3), calibration=0.3)
    assert found.sending is not None
    assert taught is not None
    assert (found.sending.guarantee["max_error"], found.sending.guarantee["n"]) == (0.2, 120)
    assert found.sending.coder == taught.coder
    assert not np.array_equal(found.sending.prototypes.known, taught.prototypes.known)
    known = trained_on(tmp_path / "s", pictures_of(forest, "train"))
    assert 280 <= known.sum() < 400  # those to calibrate on are not among them, unless they are equal to others
    with pytest.raises(LaconicError, match=r"independent calibration pictures can't show an error of at most 0.2"):
        distill(folder, forest, tmp_path / "few", recipe=tiny(), calibration=0.01)
    with pytest.raises(LaconicError, match=r"can't be calibrated on heap without labels; .*--say-all"):
        distill(folder, Source("heap", (), forest.splits), tmp_path / "heap", recipe=tiny())


def test_clusters_are_taught_as_they_are(forest: Source, tmp_path: Path) -> None:
    folder = lamps.write(tmp_path / "codec")
    update_folder(folder, {"measured": {"n": 200, "clusters": [0.2] * 5, "confidence": [0.5] * 5}})
    other = replace(forest, class_names=("a", "b", "c", "d", "e"))
    measured = distill(folder, other, tmp_path / "s", recipe=tiny(epochs=1)).manifest["measured"]
    assert sum(measured["clusters"]) == pytest.approx(1)
    assert measured["confidence"] == [0.5] * 5
    assert "accuracy_said" not in measured


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            {"distillation": Distillation(layers=("stages.9",), teacher_layers=("stem",))},
            r"no layer 'stages.9'; it has stem",
        ),
        (
            {"distillation": Distillation(layers=("stem",), teacher_layers=("end",))},
            r"no layer 'end'; it has stem, stem.0",
        ),
        (
            {"distillation": Distillation(layers=("stem", "stages.0"), teacher_layers=("stem",))},
            "pairs, and there are 2 and 1",
        ),
        (
            {"encoder": Narrow(), "distillation": Distillation(layers=("seen", "seen"), teacher_layers=())},
            "there are 2 and 0",
        ),
        ({"source": "site?n=120"}, "this teacher knows the classes ash, birch, cedar, dogwood, elm, ...; site"),
        ({"recipe": student_recipe(encoder="cnnw0x")}, "an encoder is one of cnn"),
    ],
)
def test_what_can_not_be_taught_is_told_before_a_run_begins(
    asked: dict[str, Any], message: str, teacher: Path, forest: Source, tmp_path: Path
) -> None:
    with pytest.raises(LaconicError, match=message):
        distill(**{"folder": teacher, "source": forest, "out": tmp_path / "s", "recipe": tiny(), **asked})
    assert list(tmp_path.iterdir()) == []


def test_a_teacher_that_could_not_be_rebuilt_shows_no_layers(
    forest: Source, lamps_folder: Path, tmp_path: Path
) -> None:
    layers = Distillation(layers=("stem",), teacher_layers=("stem",))
    with pytest.raises(LaconicError, match=r"is not one of laconic's, or its weights\.safetensors is missing"):
        distill(lamps_folder, forest, tmp_path / "s", recipe=tiny(), distillation=layers)


def test_refuses_methods_and_weights_that_are_none() -> None:
    with pytest.raises(LaconicError, match="method is one of gkd, rkd, kd, not 'crd'"):
        Distillation("crd")
    with pytest.raises(LaconicError, match="task_weight is at least 0, not -1"):
        Distillation(task_weight=-1.0)
    with pytest.raises(LaconicError, match="weight is at least 0, not inf"):
        Distillation(weight=float("inf"))
    with pytest.raises(LaconicError, match="kd looks at no layers"):
        Distillation("kd", layers=("stem",))


def test_an_encoder_of_fewer_units_than_the_language_has_is_no_students(student: Path, tmp_path: Path) -> None:
    """The learnt map gives every network the teacher's units; one that was put in by hand has its own."""
    folder = Path(shutil.copytree(student, tmp_path / "codec"))
    update_folder(folder, {}, {"encoder.onnx": lamps.network(units=8, rows=-1)})
    with pytest.raises(LaconicError, match=r"encoder\.onnx gives features that said can't say"):
        Codec.load(folder)
