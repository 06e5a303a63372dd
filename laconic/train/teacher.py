"""A codec as a teacher: what its encoder makes of any view of a picture, and of which inner layers it may tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from laconic.codec import Codec
from laconic.data import of_pictures
from laconic.encoder import FeatureEncoder, build_backbone
from laconic.encoder.translated import Translated
from laconic.geometry.layers import check_layers, recorded_maps
from laconic.receiver import LinearReceiver
from laconic.train.export import picked_units
from laconic.train.recipe import RecipeError

WEIGHTS = "weights.safetensors"


class Teacher:
    """The frozen encoder of a codec, on views from 0 to 1.

    Its network is rebuilt from `weights.safetensors` where it is one of laconic's own; else ONNX Runtime runs the
    codec's `encoder.onnx`, on views rounded to uint8, and no inner layer can be looked at.
    """

    def __init__(self, folder: Path, codec: Codec) -> None:
        self.folder = folder
        self.codec = codec
        self.units = codec.session.units
        rebuilt = _rebuilt(folder, codec)
        self.network = None if rebuilt is None else rebuilt[0]
        self.kept = torch.arange(self.units) if rebuilt is None else rebuilt[1]

    def __deepcopy__(self, _: object) -> Teacher:
        """It never changes, and ONNX Runtime's sessions can't be copied."""
        return self

    @property
    def head(self) -> LinearReceiver | None:
        """The classifier on full features that the codec's receiver has; None of a codec that has none."""
        receiver = self.codec.speeches["full"].receiver if "full" in self.codec.speeches else None
        return receiver if isinstance(receiver, LinearReceiver) else None

    @property
    def stage_ends(self) -> tuple[str, ...]:
        """The layers that end a stage; none of a network that could not be rebuilt."""
        return () if self.network is None else stage_ends(self.network.backbone)

    def check(self, layers: Sequence[str]) -> None:
        """Refuse layers that can't be looked at.

        Raises:
            RecipeError: the network could not be rebuilt.
            LayerError: it has no such layer.
        """
        if layers and self.network is None:
            raise RecipeError(
                f"the network in {self.folder} is not one of laconic's, or its {WEIGHTS} is missing, so that its "
                "layers can't be looked at; leave --teacher-layers out"
            )
        if self.network is not None:
            check_layers(network_of(self.network.backbone), layers)

    @torch.no_grad()
    def __call__(
        self, views: Float[Tensor, "batch channels height width"], layers: Sequence[str] = ()
    ) -> tuple[Float[Tensor, "batch units"], list[Tensor]]:
        """Its features, in the order of the codec's units, and the maps of `layers`.

        Raises:
            LayerError: it has no such layer.
        """
        if self.network is None:
            pixels = (255 * views).round().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy()
            return torch.from_numpy(self.codec.session(np.ascontiguousarray(pixels))).to(views.device), []
        network = self.network.to(views.device)
        with recorded_maps(network_of(network.backbone), layers) as maps:
            features = network.features(views)[0]
        return features[:, self.kept.to(views.device)].float(), list(maps)


def network_of(backbone: nn.Module) -> nn.Module:
    """The network whose layers have names that people know: a translated one's own backbone."""
    return backbone.backbone if isinstance(backbone, Translated) else backbone


def stage_ends(backbone: nn.Module) -> tuple[str, ...]:
    """The layers by which a network of laconic ends its stages; none of another."""
    return tuple(getattr(network_of(backbone), "stage_ends", ()))


def _rebuilt(folder: Path, codec: Codec) -> tuple[FeatureEncoder, Int64[Tensor, " units"]] | None:
    """The network and the units of it that the codec's language has, if it is one of laconic's own."""
    picked = picked_units((folder / "encoder.onnx").read_bytes())
    recipe = codec.manifest.get("provenance", {}).get("recipe", {})
    name = str(recipe.get("encoder", ":"))
    if picked is None or ":" in name or not (folder / WEIGHTS).exists():
        return None
    tensors = safetensors.torch.load_file(folder / WEIGHTS)
    own = {key.removeprefix("encoder."): value for key, value in tensors.items() if key.startswith("encoder.")}
    encoder = _encoder(name, recipe, of_pictures(codec.preprocessing, "A teacher").shape, own)
    encoder.load_state_dict(own)
    return encoder.eval().requires_grad_(False), torch.tensor(picked)


def _encoder(
    name: str, recipe: Mapping[str, Any], shape: tuple[int, int, int], tensors: Mapping[str, Tensor]
) -> FeatureEncoder:
    height, width, channels = shape
    with torch.random.fork_rng():
        backbone = build_backbone(name, channels, (height, width))
        translate = tensors.get("backbone.translate.1.bias")
        if translate is not None:  # a student that teaches
            backbone = Translated(backbone, channels, (height, width), len(translate))
        has_mask = any(key.startswith("mask_net.") for key in tensors)
        return FeatureEncoder(backbone, channels, (height, width), recipe["mask_input"] if has_mask else "none")
