"""`laconic name CODEC SOURCE`: names for an unlabelled codec's clusters, from a few labelled pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from tyro.conf import Positional, arg

from laconic.cli.output import CodecFolder, Command, Maybe, percent, say


@dataclass(frozen=True)
class Name(Command):
    """Name an unlabelled codec's clusters; its packets and its nodes stay as they are."""

    codec: CodecFolder
    source: Annotated[Positional[str], arg(metavar="SOURCE")]
    """Labelled pictures, of which the training split is used; a handful of each class will do."""

    examples: Maybe[int] = None
    """Take so many pictures of each class; by default all."""

    seed: int = 0
    """Of the draw of examples."""

    def run(self) -> dict[str, Any]:
        """Count the examples in each cluster, and write the codec anew."""
        from laconic.codec import Codec
        from laconic.codec.teach import name_clusters
        from laconic.data import open_source

        naming = name_clusters(self.codec, Codec.load(self.codec), open_source(self.source), self.examples, self.seed)
        table = naming.table
        return {
            "codec": str(self.codec),
            "classes": list(naming.classes),
            "examples": int(naming.counts.sum()),
            "clusters": [
                {
                    "cluster": row,
                    "name": naming.classes[int(shares.argmax())],
                    "probability": float(shares.max()),
                    "examples": int(naming.counts[row].sum()),
                }
                for row, shares in enumerate(table)
            ],
        }

    def show(self, result: dict[str, Any]) -> None:
        """A line for each cluster."""
        for row in result["clusters"]:
            seen = f"{row['examples']} examples" if row["examples"] else "no example: named by the others' shares"
            print(f"cluster {row['cluster']:4}  {row['name']:20} {percent(row['probability']):>8}  {seen}")
        say(f"next: laconic evaluate {result['codec']} {self.source}")
