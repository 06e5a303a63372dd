"""A generated site: three cameras look at one road in a wood, and mostly nothing happens.

It stands for what users have, in tests and first trials: 320 x 240 pixels, rare classes, bursts, night,
several views of one event. Each picture is drawn when it is asked for, from the seed and its number alone:

    picture = burst * 6 + moment * 3 + camera    group: the burst    event: the burst's moment    node: the camera
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64, UInt8
from PIL import Image, ImageDraw

from laconic.data.holdout import HOLD_OUT, hold_out
from laconic.data.spec import Spec
from laconic.data.split import Source, SourceError, Split
from laconic.data.tables import with_test

CLASSES = ("empty", "deer", "fox", "car", "truck")
WIDTH, HEIGHT = 320, 240
CAMERAS, MOMENTS = 3, 2
_CAMERA_NAMES = np.array([f"camera-{i + 1}" for i in range(CAMERAS)])
BUSY = 0.1  # the share of bursts in which something stands before the cameras
NIGHT = 0.3  # the share of bursts at night
MIN_PICTURES = 120

# Each camera's window on the scene: its left edge in scene widths, its magnification, and its tint.
_VIEWS = ((0.0, 1.0, (1.0, 1.0, 1.0)), (0.2, 1.15, (1.05, 1.0, 0.92)), (0.35, 0.85, (0.92, 1.0, 1.06)))
_HORIZON, _ROAD = 0.45, 0.72  # in picture heights

_Ink = tuple[int, int, int]


def open_site(spec: Spec) -> Source:
    """Open `site?n=600&seed=0`: n pictures; a burst never stands on both sides of the split.

    Raises:
        SourceError: fewer than 120 pictures, in which a class could be missing.
    """
    spec.allow("n", "seed", "split")
    n, seed = spec.integer("n", 600), spec.integer("seed", 0)
    if n < MIN_PICTURES:
        raise SourceError(f"{spec.text}: wanted n of {MIN_PICTURES} or more")
    number = np.arange(n)
    bursts, events = number // (CAMERAS * MOMENTS), number // CAMERAS
    pictures = SitePictures(n, seed)
    labels, nodes = pictures.burst_labels()[bursts], _CAMERA_NAMES[number % CAMERAS]
    whole = Split("train", pictures, number, labels, bursts, events, nodes=nodes)
    train, test = hold_out(whole.labels, bursts, HOLD_OUT, np.random.default_rng(seed))
    splits = {"train": whole.subset(train), "test": whole.subset(test, "test")}
    return Source(spec.text, CLASSES, with_test(spec.text, splits, spec.options.get("split")))


@dataclass(frozen=True)
class SitePictures:
    """`n` pictures of the site, drawn by number."""

    n: int
    seed: int

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> UInt8[np.ndarray, "240 320 3"]:
        event, camera = divmod(index, CAMERAS)
        burst, moment = divmod(event, MOMENTS)
        name = CLASSES[self.burst_labels()[burst]]
        image = Image.new("RGB", (WIDTH, HEIGHT))
        left, zoom, tint = _VIEWS[camera]
        pen = _Pen(ImageDraw.Draw(image), left, zoom)
        _draw_scene(pen, self._rng(1))
        if name != "empty":
            visit = self._rng(2, burst)  # shared by the moments and cameras of one burst
            x, size = visit.uniform(0.55, 0.85) + 0.04 * moment, visit.uniform(0.09, 0.15)
            _DRAW[name](_Pen(pen.draw, left, zoom, x, _ROAD + 0.06, size), visit)
        _draw_trees(pen, self._rng(3), 3, 0.98)
        return _exposed(np.asarray(image), tint, self._rng(4, burst), self._rng(5, index))

    def burst_labels(self) -> Int64[np.ndarray, " bursts"]:
        """The class of each burst; every class but `empty` has at least two."""
        n_bursts = -(-self.n // (CAMERAS * MOMENTS))
        n_busy = max(2 * (len(CLASSES) - 1), round(BUSY * n_bursts))
        labels = np.zeros(n_bursts, np.int64)
        labels[self._rng(0).permutation(n_bursts)[:n_busy]] = 1 + np.arange(n_busy) % (len(CLASSES) - 1)
        return labels

    def _rng(self, *stream: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *stream])


@dataclass(frozen=True)
class _Pen:
    """Draws in coordinates of the scene (x in its widths, y in picture heights), or of an object in it.

    An object's coordinates are in its own size about its foot at (x, y).
    """

    draw: ImageDraw.ImageDraw
    left: float
    zoom: float
    x: float = 0.0
    y: float = 0.0
    size: float = 0.0  # 0: no object, scene coordinates

    def at(self, *points: float) -> list[float]:
        """Pairs x, y to pairs in pixels; the camera magnifies about the road."""
        wide, high = (self.size, self.size * WIDTH / HEIGHT) if self.size else (1.0, 1.0)
        xs = [(self.x + wide * x - self.left) * self.zoom * WIDTH for x in points[::2]]
        ys = [(_ROAD + (self.y + high * y - _ROAD) * self.zoom) * HEIGHT for y in points[1::2]]
        return [value for pair in zip(xs, ys, strict=True) for value in pair]

    def rectangle(self, ink: _Ink, *box: float) -> None:
        self.draw.rectangle(self.at(*box), fill=ink)

    def ellipse(self, ink: _Ink, *box: float) -> None:
        self.draw.ellipse(self.at(*box), fill=ink)

    def polygon(self, ink: _Ink, *points: float) -> None:
        self.draw.polygon(self.at(*points), fill=ink)

    def line(self, ink: _Ink, *points: float) -> None:
        self.draw.line(self.at(*points), fill=ink, width=3)


def _draw_scene(pen: _Pen, rng: np.random.Generator) -> None:
    pen.draw.rectangle((0, 0, WIDTH, HEIGHT), fill=(150, 185, 215))
    ridge = [value for x in np.linspace(-0.5, 2, 26) for value in (x, _HORIZON - rng.uniform(0.02, 0.14))]
    pen.polygon((72, 96, 70), -0.5, 2.0, *ridge, 2.0, 2.0)
    pen.rectangle((104, 122, 66), -0.5, _HORIZON, 2.0, 3.0)
    pen.rectangle((96, 92, 86), -0.5, _ROAD - 0.05, 2.0, _ROAD + 0.11)
    _draw_trees(pen, rng, 14, _HORIZON + 0.06)


def _draw_trees(pen: _Pen, rng: np.random.Generator, count: int, foot: float) -> None:
    for x in rng.uniform(-0.1, 1.6, count):
        high, wide = rng.uniform(0.3, 0.5), rng.uniform(0.03, 0.06)
        shade = int(rng.integers(50, 80))
        pen.rectangle((70, 52, 38), x - wide / 8, foot - high / 2, x + wide / 8, foot)
        crown = (x - wide, foot - high / 3, x + wide, foot - high / 3, x, foot - high)
        pen.polygon((shade - 20, shade + 20, shade - 25), *crown)


def _draw_deer(pen: _Pen, rng: np.random.Generator) -> None:
    ink = _jitter((134, 92, 56), rng)
    _draw_legs(pen, 0.8, ink)
    pen.ellipse(ink, -0.5, -1.2, 0.4, -0.7)
    pen.polygon(ink, 0.2, -1.0, 0.4, -0.9, 0.62, -1.6, 0.45, -1.6)
    pen.ellipse(ink, 0.4, -1.8, 0.8, -1.55)
    pen.line((60, 45, 30), 0.5, -1.75, 0.4, -2.2, 0.5, -2.0)
    pen.line((60, 45, 30), 0.5, -1.75, 0.65, -2.2, 0.75, -2.0)


def _draw_fox(pen: _Pen, rng: np.random.Generator) -> None:
    ink = _jitter((220, 128, 60), rng)
    _draw_legs(pen, 0.35, ink)
    pen.ellipse(ink, -0.5, -0.65, 0.4, -0.25)
    pen.polygon(ink, 0.3, -0.75, 0.75, -0.5, 0.3, -0.35)
    pen.ellipse(ink, -1.1, -0.55, -0.4, -0.25)
    pen.ellipse((235, 230, 220), -1.15, -0.5, -0.95, -0.3)
    pen.ellipse((235, 230, 220), -0.3, -0.45, 0.3, -0.25)


def _draw_car(pen: _Pen, rng: np.random.Generator) -> None:
    ink = _jitter(((180, 40, 40), (40, 70, 170), (220, 220, 220), (40, 40, 44))[rng.integers(4)], rng)
    pen.rectangle(ink, -1.0, -0.7, 1.0, -0.2)
    pen.polygon(ink, -0.6, -0.7, -0.4, -1.1, 0.35, -1.1, 0.65, -0.7)
    pen.polygon((190, 210, 225), -0.45, -0.7, -0.32, -1.0, 0.3, -1.0, 0.5, -0.7)
    _draw_wheels(pen, -0.6, 0.6)


def _draw_truck(pen: _Pen, rng: np.random.Generator) -> None:
    ink = _jitter(((210, 205, 195), (200, 150, 40), (60, 110, 70))[rng.integers(3)], rng)
    pen.rectangle(ink, -1.3, -1.7, 0.5, -0.25)
    pen.rectangle(_jitter((150, 50, 40), rng), 0.55, -1.2, 1.2, -0.25)
    pen.rectangle((190, 210, 225), 0.8, -1.1, 1.15, -0.75)
    _draw_wheels(pen, -1.0, -0.5, 0.85)


def _draw_legs(pen: _Pen, length: float, ink: _Ink) -> None:
    for x in (-0.4, -0.28, 0.18, 0.3):
        pen.line(ink, x, -length, x, 0.0)


def _draw_wheels(pen: _Pen, *xs: float) -> None:
    for x in xs:
        pen.ellipse((25, 25, 25), x - 0.2, -0.4, x + 0.2, 0.0)


def _jitter(ink: _Ink, rng: np.random.Generator) -> _Ink:
    red, green, blue = (int(np.clip(value + rng.integers(-20, 21), 0, 255)) for value in ink)
    return red, green, blue


def _exposed(
    pixels: np.ndarray, tint: tuple[float, ...], light: np.random.Generator, noise: np.random.Generator
) -> np.ndarray:
    """Daylight of some brightness, or a dark and noisy night without colour; `light` is shared by a burst."""
    night, brightness = light.random() < NIGHT, light.uniform(0.7, 1.1)
    scaled = pixels * (np.float32(brightness) * np.array(tint, np.float32))
    if night:
        scaled = np.repeat(0.35 * scaled.mean(axis=2, keepdims=True), 3, axis=2)
    grain = noise.standard_normal(pixels.shape[:2], np.float32)[:, :, None] * (10 if night else 4)
    return np.asarray(np.clip(np.rint(scaled + grain), 0, 255), np.uint8)


_DRAW = {"deer": _draw_deer, "fox": _draw_fox, "car": _draw_car, "truck": _draw_truck}
