"""Rivals of the downlink that share nothing: one network for each picture, all symbols private.

They are trained as `splitting.DownlinkTraining` is, by the same loss over the same channel, so that what is compared is
the networks.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from laconic.encoder.deep_jscc import JsccDecoder, JsccEncoder
from laconic.encoder.stem import Size
from laconic.encoder.vit import VitDecoder, VitEncoder
from laconic.link import Downlink
from laconic.train.downlink.recipe import DownlinkRecipe
from laconic.train.downlink.way import Delivered, DownlinkWay, unit_range
from laconic.train.recipe import RecipeError


class PrivateWay(DownlinkWay):
    """Each user's picture by an `encoder` to its reals, over the channel, and by a `decoder` back.

    Both map [batch, ...] to [batch, ...]: pictures of values from 0 to 1, and two reals a symbol. Users are in groups
    by their number, which changes nothing. The recipe's decoder, grouping and repulsion don't matter.

    Raises:
        RecipeError: a budget whose groups share symbols, or a recipe that asks for classes or for networks that are
            told the SNR.
    """

    def __init__(self, recipe: DownlinkRecipe, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__(recipe)
        if recipe.budget.common:
            raise RecipeError(f"this way sends all symbols to one user each; share 0, not {recipe.budget.common}")
        if recipe.classify or recipe.snr_aware:
            raise RecipeError("this way sends pictures alone and isn't told the SNR; leave classify and snr_aware out")
        self.encoder = encoder
        self.decoder = decoder
        self.downlink = Downlink(recipe.channel, recipe.leak)

    def forward(
        self,
        images: UInt8[Tensor, "cells users height width channels"],
        snr_db: float | Float[Tensor, "cells users"],
        generator: torch.Generator,
    ) -> Delivered:
        """Send each user its picture: see `DownlinkWay.forward`."""
        self.check(images.shape[1], snr_db)
        (cells, users), n_groups = images.shape[:2], self.recipe.budget.groups
        with self.autocast():
            private = self.encoder(unit_range(images).flatten(0, 1)).float().reshape(cells, users, -1)
        groups = (torch.arange(users, device=images.device) % n_groups).expand(cells, users)
        common = private.new_zeros(cells, n_groups, 0)
        received = self.downlink(common, private, groups, snr_db, generator=generator).flatten(0, 1)
        with self.autocast():
            pictures = self.decoder(received).float()
        return Delivered(pictures.reshape(cells, users, *pictures.shape[1:]), groups, common)


def vit_way(recipe: DownlinkRecipe, channels: int, size: Size) -> PrivateWay:
    """A ViT at both ends, of the recipe's width; initial weights follow from its seed.

    Raises:
        RecipeError: as of `PrivateWay`.
        EncoderError: pictures that aren't whole patches, or symbols that these can't share evenly.
    """
    length = 2 * recipe.budget.private
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        ends = VitEncoder(length, channels, size, recipe.width), VitDecoder(length, channels, size, recipe.width)
    return PrivateWay(recipe, *ends)


def deep_jscc_way(recipe: DownlinkRecipe, channels: int, size: Size) -> PrivateWay:
    """The convolutional autoencoder of Bourtsoulatze et al., 2019, whose width is theirs, whatever the recipe's.

    Raises:
        RecipeError: as of `PrivateWay`.
        EncoderError: pictures that don't halve twice, or symbols that the map's places can't share evenly.
    """
    length = 2 * recipe.budget.private
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        ends = JsccEncoder(length, channels, size), JsccDecoder(length, channels, size)
    return PrivateWay(recipe, *ends)
