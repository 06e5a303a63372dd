"""The maps that chosen layers of a network give, recorded while it runs and without changing it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from laconic.geometry.errors import LayerError


@contextmanager
def recorded_maps(network: nn.Module, layers: Sequence[str]) -> Iterator[list[Tensor]]:
    """A list that fills with the outputs of `layers`, in the order of their calls.

    Layers are named as in `network.named_modules()`.

    ```
    with recorded_maps(network, ["stem", "blocks.0", "blocks.1"]) as maps:
        logits = network(pictures)
    loss = F.cross_entropy(logits, labels) + smoothness(maps, labels)
    ```

    A layer that is called twice has two maps. Maps carry gradients, and are the network's own, not copies.

    Raises:
        LayerError: a layer that doesn't exist, or whose output isn't a tensor with a row for each picture; on leaving,
            one that wasn't called, or whose map was overwritten by an operation in place after it.
    """
    check_layers(network, layers)
    modules = dict(network.named_modules())
    calls: list[tuple[str, int]] = []
    maps: list[Tensor] = []
    with ExitStack() as hooks:
        for name in dict.fromkeys(layers):
            hooks.enter_context(modules[name].register_forward_hook(partial(_record, name, calls, maps)))
        yield maps
    _check(layers, calls, maps)


def all_fire(maps: Sequence[Float[Tensor, "batch ..."]]) -> Bool[Tensor, " batch"]:
    """Of which pictures no map is all zeros: a map of zeros has no cosine with any other."""
    lengths = [torch.linalg.vector_norm(each.detach().float(), dim=tuple(range(1, each.ndim))) for each in maps]
    return (torch.stack(lengths) > 0).all(0)


def firing(
    maps: Sequence[Float[Tensor, "batch ..."]], labels: Int[Tensor, " batch"]
) -> tuple[list[Float[Tensor, "some ..."]], Int[Tensor, " some"]]:
    """Maps and labels of the pictures of which no map is all zeros; nothing is copied where that is all of them."""
    fire = all_fire(maps)
    return (list(maps), labels) if bool(fire.all()) else ([each[fire] for each in maps], labels[fire])


def check_layers(network: nn.Module, layers: Sequence[str]) -> None:
    """Refuse layers that don't exist, before anything runs.

    Raises:
        LayerError: there is one; the error names those that exist.
    """
    modules = dict(network.named_modules())
    missing = [name for name in layers if name not in modules]
    if missing:
        there = ", ".join(name for name in modules if name)
        raise LayerError(f"the network has no layer {', '.join(map(repr, missing))}; it has {there}")


def _record(name: str, calls: list[tuple[str, int]], maps: list[Tensor], _: nn.Module, __: object, out: object) -> None:
    if not isinstance(out, Tensor) or out.ndim < 2:
        came = f"a tensor of shape {list(out.shape)}" if isinstance(out, Tensor) else type(out).__name__
        raise LayerError(f"layer {name!r} gives {came}; choose one that gives a tensor [batch, ...]")
    calls.append((name, _version(out)))
    maps.append(out)


def _check(layers: Sequence[str], calls: list[tuple[str, int]], maps: list[Tensor]) -> None:
    silent = sorted(set(layers) - {name for name, _ in calls})
    if silent:
        raise LayerError(
            f"layer {', '.join(map(repr, silent))} was not called; run the network inside the block, and choose "
            "layers that it calls itself (not a ModuleList)"
        )
    for (name, version), out in zip(calls, maps, strict=True):
        if _version(out) != version:
            raise LayerError(
                f"the map of layer {name!r} was overwritten after it (by a ReLU in place?); choose the layer that "
                "overwrites it, or inplace=False there"
            )


def _version(out: Tensor) -> int:
    """How often a tensor was written to; under inference_mode torch doesn't count."""
    return 0 if out.is_inference() else out._version
