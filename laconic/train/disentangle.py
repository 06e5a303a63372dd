"""Training without labels by instance and cluster discrimination (paper 000): clusters that become words."""

from __future__ import annotations

import torch
from jaxtyping import Float, Float32, Int64, UInt8
from torch import Tensor, nn

from laconic.encoder.augment import Augmentation
from laconic.encoder.features import FeatureEncoder
from laconic.encoder.memory import SemanticMemory
from laconic.encoder.momentum import MomentumEncoder
from laconic.objective.disentangle import (
    cluster_balance,
    cluster_consistency,
    cluster_entropy,
    cluster_probabilities,
    instance_discrimination,
)
from laconic.receiver.centres import spherical_centres
from laconic.train.batches import Batch
from laconic.train.recipe import Recipe
from laconic.train.way import Way

DIM = 128  # of the embedding psi
TRIES = 4  # of k-means, of which the best counts
INSTANCES_FIRST = 100  # steps before clusters, and never over a quarter of the run
INSTANCE_WEIGHT = 0.1  # eta of L_T = eta L_I + L_D, once there are clusters


class Disentangled(Way):
    """Paper 000, Section III: L_T = eta L_I + L_D, and the balance that keeps all clusters in use.

    ```
    first view --encoder--> features --psi--> a [batch, 128] --phi--> logits [batch, clusters] --softmax--> q
    second view --momentum copies of encoder and psi--> b --> the semantic memory, in the queue of argmax phi(b)
    ```

    psi and phi are linear, so that the cluster is a linear decision on the features, which a codec says. At first
    instances alone are told apart, from all that the memory holds; then phi begins at the centres of spherical k-means
    on the memory, and L_D joins. The paper has no such beginning, but with random boundaries the pseudo-negatives and
    P mean nothing. It has eta = 1, ours is INSTANCE_WEIGHT.

    Which clusters are found depends on the seed, and the held-out loss tells how good they are without a label: hence
    several tries (docs/decisions/0009).
    """

    encoder: FeatureEncoder

    def __init__(
        self,
        encoder: FeatureEncoder,
        recipe: Recipe,
        augmentation: Augmentation,
        n_steps: int | None,
        warmup_steps: int,
    ) -> None:
        super().__init__(encoder, recipe, augmentation, n_steps, warmup_steps)
        assert recipe.clusters is not None  # fit counts the classes where no number is asked for
        self.n_clusters = recipe.clusters
        self.instances_until = INSTANCES_FIRST if n_steps is None else min(INSTANCES_FIRST, n_steps // 4)
        self.psi = nn.Linear(encoder.units, DIM)
        self.phi = nn.Linear(DIM, self.n_clusters)
        self.momentum_encoder = MomentumEncoder(encoder, recipe.key_momentum)
        self.momentum_psi = MomentumEncoder(self.psi, recipe.key_momentum)
        self.memory = SemanticMemory(self.n_clusters, recipe.stale, DIM)
        self.register_buffer("clustered", torch.tensor(False))

    def loss(
        self,
        images: UInt8[Tensor, "batch height width channels"],
        labels: Int64[Tensor, " batch"],  # noqa: ARG002
        generator: torch.Generator,
    ) -> tuple[Float[Tensor, ""], Float[Tensor, "rows units"], Float[Tensor, "rows units"]]:
        """Instance discrimination, joined by cluster discrimination in its time; `labels` are not looked at."""
        first, second = self.views(images, generator, 2).chunk(2)
        features, mask = self(first)
        self.momentum_encoder.follow(self.encoder)
        self.momentum_psi.follow(self.psi)
        anchors, positives = self.psi(features), self._positives(second)
        if self.global_step < self.instances_until or int(self.memory.added.sum()) < self.n_clusters:
            loss = self._discriminate_instances(anchors, positives, None)
            self.memory.add(positives, torch.arange(len(positives), device=self.device) % self.n_clusters)
            return loss, features, mask
        if not bool(self.get_buffer("clustered")):
            self._begin_clusters()
        clusters = self.phi(positives).argmax(dim=1)
        instances = self._discriminate_instances(anchors, positives, clusters)
        loss = INSTANCE_WEIGHT * instances + self._discriminate_clusters(anchors)
        self.memory.add(positives, clusters)
        return loss, features, mask

    def probabilities(self, features: Float[Tensor, "batch units"]) -> Float[Tensor, "batch clusters"]:
        """P_il of the memory (equation (3')) for the features of pictures: what confidence is taken of."""
        return self._memory_says(self.psi(features))

    @torch.no_grad()
    def cluster_head(self) -> tuple[Float32[Tensor, "clusters units"], Float32[Tensor, " clusters"]]:
        """Weight and bias with which features say the cluster: phi after psi, which is one linear map."""
        weight = self.phi.weight @ self.psi.weight
        return weight.cpu(), (self.phi.weight @ self.psi.bias + self.phi.bias).cpu()

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """The whole loss on held-out pictures, with the same views every time; `patience` watches it."""
        images, _ = batch
        generator = torch.Generator(self.device).manual_seed(batch_idx)
        first, second = self.views(images, generator, 2).chunk(2)
        anchors, positives = self.psi(self(first)[0]), self._positives(second)
        instances = self._discriminate_instances(anchors, positives, self.phi(positives).argmax(dim=1))
        loss = INSTANCE_WEIGHT * instances + self._discriminate_clusters(anchors)
        self.log("val_loss", loss, prog_bar=True, batch_size=len(images))

    def measured(self) -> dict[str, float]:
        """The last loss on held-out pictures: it takes no label, and of several seeds it tells the best clusters."""
        found = self.trainer.callback_metrics.get("val_loss")
        return {} if found is None else {"held_loss": float(found)}

    def _discriminate_instances(self, anchors: Tensor, positives: Tensor, clusters: Tensor | None) -> Tensor:
        memory, temperature = self.memory, self.recipe.softmax_temperature
        return instance_discrimination(anchors, positives, memory.rows, memory.tags, clusters, temperature)

    def _discriminate_clusters(self, anchors: Tensor) -> Tensor:
        """L_D in the recipe's form, and the balance of q; P is detached where it teaches phi."""
        logits = self.phi(anchors)
        balance = self.recipe.balance_weight * cluster_balance(logits.softmax(dim=1))
        if self.recipe.discrimination == "literal":
            return cluster_entropy(self._memory_says(anchors)) + balance
        return cluster_consistency(self._memory_says(anchors.detach()), logits) + balance

    def _memory_says(self, anchors: Tensor) -> Tensor:
        memory, temperature = self.memory, self.recipe.softmax_temperature
        return cluster_probabilities(anchors, memory.rows, memory.tags, self.n_clusters, temperature)

    @torch.no_grad()
    def _positives(self, pictures: Tensor) -> Tensor:
        with torch.autocast(pictures.device.type, torch.bfloat16, enabled=self.bf16):
            features, _ = self.momentum_encoder.network.features(pictures)
        positives: Tensor = self.momentum_psi.network(features.float())
        return positives

    @torch.no_grad()
    def _begin_clusters(self) -> None:
        """Phi's boundaries from k-means on the memory, its logits as sharp as P; all rows move to their cluster."""
        rows = self.memory.held()
        found = spherical_centres(rows.cpu().numpy(), self.n_clusters, self.recipe.seed, TRIES)
        centres = torch.from_numpy(found).to(self.phi.weight)
        self.phi.weight.copy_(centres / (self.recipe.softmax_temperature * rows.norm(dim=1).mean()))
        self.phi.bias.zero_()
        self.memory.clear()
        self.memory.add(rows, self.phi(rows).argmax(dim=1))
        self.get_buffer("clustered").fill_(True)
