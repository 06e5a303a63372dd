"""The encoder of texts: Table VI's network, the same as torch's packed LSTM, whatever the padding."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from laconic.encoder import EncoderError, TextEncoder
from laconic.encoder.bilstm import DROPOUT, BiLstm, build_text_backbone, turned

LENGTHS = (1, 3, 9, 6)


def tokens(length: int = 9) -> Tensor:
    drawn = torch.randint(1, 20, (len(LENGTHS), length), generator=torch.Generator().manual_seed(0))
    return drawn * (torch.arange(length) < torch.tensor(LENGTHS)[:, None])


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_the_default_has_the_parameters_of_table_6() -> None:
    words = 25_002
    backbone = build_text_backbone("bilstm", words)
    layers = [4 * 256 * (size + 256) + 2 * 4 * 256 for size in (100, 512)]
    assert count(backbone) == 100 * words + 2 * sum(layers)
    # B. Trevett's tutorial on torch, whose settings Table VI's are, prints 4,810,857 with a classifier of one output.
    assert count(backbone) + 512 + 1 == 4_810_857
    encoder = TextEncoder("bilstm", 50)
    assert (encoder.units, len(encoder.backbone.ahead), encoder.backbone.dropout.p) == (512, 2, DROPOUT)


def packed(backbone: BiLstm, rows: Tensor) -> Tensor:
    """The same network by torch's own bidirectional LSTM on packed sequences."""
    size, hidden = backbone.embedding.embedding_dim, backbone.units // 2
    theirs = nn.LSTM(size, hidden, len(backbone.ahead), batch_first=True, bidirectional=True)
    for layer, pair in enumerate(zip(backbone.ahead, backbone.back, strict=True)):
        for own, suffix in zip(pair, ("", "_reverse"), strict=True):
            for name, value in own.named_parameters():
                theirs.get_parameter(name.replace("_l0", f"_l{layer}{suffix}")).data = value.data
    lengths = (rows > 0).sum(1)
    read, _ = theirs(pack_padded_sequence(backbone.embedding(rows), lengths, batch_first=True, enforce_sorted=False))
    return pad_packed_sequence(read, batch_first=True, total_length=rows.shape[1])[0].transpose(1, 2)


@pytest.mark.parametrize("name", ["bilstm-1w4", "bilstmw4", "bilstm-3w2"])
def test_it_is_torchs_packed_lstm(name: str) -> None:
    torch.manual_seed(0)
    backbone = build_text_backbone(name, 20).eval()
    torch.testing.assert_close(backbone(tokens())[:, :, 0], packed(backbone, tokens()), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("mask", ["none", "map", "vector"])
@torch.no_grad()
def test_padding_and_the_batch_change_nothing(mask: str) -> None:
    torch.manual_seed(0)
    encoder = TextEncoder("bilstmw4", 20, mask).eval()  # type: ignore[arg-type]
    whole = encoder(tokens())
    assert (whole >= 0).all()
    padded = torch.nn.functional.pad(tokens(), (0, 11))
    torch.testing.assert_close(encoder(padded), whole)
    torch.testing.assert_close(encoder.features(padded)[0], whole)  # also where the padding is not cut off
    for i, length in enumerate(LENGTHS):
        torch.testing.assert_close(encoder(tokens()[i : i + 1, :length]), whole[i : i + 1])


@torch.no_grad()
def test_features_are_the_mean_over_the_words_times_the_mask() -> None:
    torch.manual_seed(0)
    encoder = TextEncoder("bilstm-1w4", 20, "map").eval()
    output = encoder.backbone(tokens())[:, :, 0]
    features, mask = encoder.features(tokens())
    for i, length in enumerate(LENGTHS):
        own = output[i, :, :length]
        weight, bias = encoder.mask_net.shared.parameters()  # type: ignore[union-attr]
        average, highest = own.mean(1).relu(), own.relu().amax(1)
        wanted = torch.cat([weight @ average + bias, weight @ highest + bias]).relu()
        torch.testing.assert_close(mask[i], wanted)
        torch.testing.assert_close(features[i], average * wanted)


def test_turning_twice_is_nothing() -> None:
    places = turned(torch.tensor(LENGTHS)[:, None], 9)
    torch.testing.assert_close(places.gather(1, places), torch.arange(9).expand(len(LENGTHS), 9))


@pytest.mark.parametrize("name", ["cnn", "bilstmw0", "bilstm-0", "bilstm64", "lstm"])
def test_a_wrong_name_is_said(name: str) -> None:
    with pytest.raises(EncoderError, match=f"an encoder for texts is bilstm, .*, not '{name}'"):
        build_text_backbone(name, 20)
