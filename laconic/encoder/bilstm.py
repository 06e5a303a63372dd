"""Texts to features: a bidirectional LSTM over a text's words, and the mask-net on what it gives."""

from __future__ import annotations

import re

import torch
from jaxtyping import Float, Int64, Integer
from torch import Tensor, nn

from laconic.encoder.features import EncoderError, MaskInput
from laconic.encoder.mask import MaskNet

EMBEDDING, HIDDEN, LAYERS, DROPOUT = 100, 256, 2, 0.3
"""Table VI of Hua et al., "Classification-Driven DNRL", 2024."""


class BiLstm(nn.Module):
    """Tokens [batch, length] to a map [batch, 2 hidden, 1, length], zero where a text has ended.

    Table VI of paper 001: words embedded in 100 dimensions, two layers of 256 units in either direction, dropout of
    0.3 on what goes into a layer. Each direction is an LSTM of its own, and the backward one reads a text from its own
    last word on, not from the padding's: how far a batch is padded changes nothing.
    """

    units: int

    def __init__(self, words: int, hidden: int = HIDDEN, layers: int = LAYERS) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, EMBEDDING, padding_idx=0)
        self.units = 2 * hidden
        sizes = [EMBEDDING] + [2 * hidden] * (layers - 1)
        self.ahead, self.back = (
            nn.ModuleList([nn.LSTM(size, hidden, batch_first=True) for size in sizes]) for _ in range(2)
        )
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, tokens: Int64[Tensor, "batch length"]) -> Float[Tensor, "batch units 1 length"]:
        """The map, before any ReLU."""
        there = (tokens > 0)[:, :, None]
        turn = turned(there.sum(1), tokens.shape[1])
        read = self.embedding(tokens)
        for ahead, back in zip(self.ahead, self.back, strict=True):
            read = self.dropout(read)
            backwards = _at(back(_at(read, turn))[0], turn)
            read = torch.cat([ahead(read)[0], backwards], dim=2) * there
        found: Tensor = read.transpose(1, 2)[:, :, None]
        return found


class TextEncoder(nn.Module):
    """Texts to features X = F * mask, all >= 0, as `FeatureEncoder` has it for pictures.

    ```
    uint16 [batch, length] --embed, LSTMs--> map --average over the words, ReLU--> F --* mask--> X [batch, units]
    ```

    Paper 001 does not say how the LSTM's outputs become one vector: here it is their mean over the words, and a ReLU
    after it. (Before it, as for pictures, hardly a unit would be silent: of 128 and more words one is above 0.) `mask`
    is as for pictures: `map` pools the outputs of all words, `vector` takes F.

    Raises:
        EncoderError: there is no such encoder for texts.
    """

    units: int

    def __init__(self, name: str, words: int, mask: MaskInput = "map") -> None:
        super().__init__()
        self.backbone = build_text_backbone(name, words)
        self.units = self.backbone.units
        self.mask_input = mask
        self.mask_net = None if mask == "none" else MaskNet(self.units)

    def forward(self, tokens: Integer[Tensor, "batch length"]) -> Float[Tensor, "batch units"]:
        """Features of texts as they are stored."""
        return self.features(self.pictures(tokens))[0]

    def pictures(self, tokens: Integer[Tensor, "batch length"]) -> Int64[Tensor, "batch longest"]:
        """Stored tokens as whole numbers that embeddings take; the longest text's padding is left out."""
        longest = int((tokens.int() > 0).sum(1).max()) if len(tokens) else 1
        return tokens.long()[:, : max(1, longest)]

    def features(
        self, tokens: Int64[Tensor, "batch length"]
    ) -> tuple[Float[Tensor, "batch units"], Float[Tensor, "batch units"]]:
        """X and its mask."""
        output = self.backbone(tokens)
        features = torch.relu(output.sum((2, 3)) / (tokens > 0).sum(1, keepdim=True).clamp(min=1))
        if self.mask_net is None:
            return features, torch.ones_like(features)
        if self.mask_input == "vector":
            average = highest = features
        else:
            average, highest = features, torch.relu(output.amax((2, 3)))
        mask: Tensor = self.mask_net.of_pooled(average, highest)
        return features * mask, mask


def build_text_backbone(name: str, words: int) -> BiLstm:
    """The backbone for texts of that name, newly initialised, for a vocabulary of so many words.

    `bilstm` is Table VI's. A name may have another number of layers or of hidden units in either direction:
    `bilstm-1w64`.

    Raises:
        EncoderError: there is no such name.
    """
    match = re.fullmatch(r"bilstm(?:-([1-9]))?(?:w([1-9]\d{0,3}))?", name)
    if match is None:
        raise EncoderError(
            "an encoder for texts is bilstm, with a number of layers or hidden units if wanted (bilstm-1w64), "
            f"not {name!r}"
        )
    return BiLstm(words, int(match[2] or HIDDEN), int(match[1] or LAYERS))


def turned(lengths: Int64[Tensor, "batch 1"], length: int) -> Int64[Tensor, "batch length"]:
    """For each place of a text the one as far from its end; padding stays where it is. Twice is nothing.

    >>> turned(torch.tensor([[3], [1]]), 4).tolist()
    [[2, 1, 0, 3], [0, 1, 2, 3]]
    """
    places = torch.arange(length, device=lengths.device)
    return torch.where(places < lengths, lengths - 1 - places, places)


def _at(rows: Float[Tensor, "batch length size"], places: Int64[Tensor, "batch length"]) -> Tensor:
    return rows.gather(1, places[:, :, None].expand_as(rows))
