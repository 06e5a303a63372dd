"""Pictures to features: augmentation, backbones, the mask-net, projector and straight-through quantisers."""

from __future__ import annotations

from laconic.encoder.augment import Augmentation
from laconic.encoder.bilstm import TextEncoder
from laconic.encoder.features import EncoderError, FeatureEncoder
from laconic.encoder.names import build_backbone
from laconic.encoder.projector import Projector

__all__ = ["Augmentation", "EncoderError", "FeatureEncoder", "Projector", "TextEncoder", "build_backbone"]
