r"""A trained codec: pictures to packets at the node, packets to meanings at the receiver. No torch.

```
pictures --preprocessing--> uint8 --encoder.onnx--> features --speech--> packets   encode
                               \--picture coder, where words may err--> packets
meanings <--receiver-- words <--language-- messages <------------------- packets   decode
         <--receiver.onnx-- pictures <--picture coder--/
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias, overload

import numpy as np
from jaxtyping import Float32, Float64, UInt8
from PIL import Image

from laconic.codec.checks import check_fit, check_sending, described, opened_fusing, opened_sending
from laconic.codec.folder import INT8, CodecError, read_folder
from laconic.codec.fusing import Fusing
from laconic.codec.naming import Naming
from laconic.codec.sending import Sending
from laconic.codec.session import Session
from laconic.codec.speech import Speech
from laconic.codec.tables import read_speeches
from laconic.contract import Kind, Meaning, Symbols
from laconic.data import AnyPreprocessing, Items, Picture, read_pictures
from laconic.language import PacketError
from laconic.language.stream import Messages
from laconic.picture import PictureDecodeError, sent_message, sent_payload
from laconic.receiver.linear import softmax

BATCH = 256  # pictures that go through the encoder at once

Images: TypeAlias = Sequence[Picture] | Items
"""Pictures; or for a codec for texts, texts as str, and the Path of a file of each."""


@dataclass(frozen=True, eq=False)
class Codec:
    """What a Codec folder holds; `Codec.load` reads one.

    `speeches["said"]` is the language that it speaks; the others are rivals for `laconic evaluate`. With `sending`
    it says only what it may and sends the other pictures; `receiver` is the network that looks at these, or None:
    then the encoder does. `fusing` is what `laconic fuse` has taught it of several nodes.
    """

    classes: tuple[str, ...]
    preprocessing: AnyPreprocessing
    speeches: Mapping[str, Speech]
    session: Session
    manifest: Mapping[str, Any]
    sending: Sending | None = None
    receiver: Session | None = None
    fusing: Fusing | None = None

    @classmethod
    def load(
        cls,
        folder: str | Path,
        code: type | None = None,
        threads: int | None = None,
        encoder: Literal["float", "int8"] = "float",
    ) -> Codec:
        """Read a Codec folder; `code` is the class of an own code, where the codec was trained with one.

        `threads` limits ONNX Runtime's threads (default: all cores). `encoder` picks which of the folder's two
        encoders speaks; the language is the same.

        Raises:
            CodecError: the folder is missing, truncated, edited, newer or foreign, its parts don't fit each
                other, or it has no such encoder.
        """
        if encoder not in ("float", "int8"):
            raise CodecError(f'encoder is "float" or "int8", not {encoder!r}')
        manifest, files = read_folder(Path(folder))
        classes, preprocessing, index = described(manifest, files)
        speeches = read_speeches(index, files["speeches.safetensors"], code)
        network = "encoder.onnx" if encoder == "float" else INT8
        if network not in files:
            make = f"make it with: laconic quantise {folder} SOURCE"
            raise CodecError(f"{folder} has no {network}; {make if network == INT8 else 'it has one in 8 bits only'}")
        session = Session(files[network], threads, network)
        check_fit(classes, preprocessing, speeches, session)
        sending, receiver = opened_sending(manifest, files, threads)
        codec = cls(classes, preprocessing, speeches, session, manifest, sending, receiver)
        codec = codec.named(Naming.restore(manifest["names"])) if manifest.get("names") else codec
        check_sending(sending, receiver, preprocessing.shape, len(codec.classes), session.units)
        return replace(codec, fusing=opened_fusing(manifest, files, len(codec.classes)))

    def named(self, naming: Naming) -> Codec:
        """The same codec, whose clusters mean classes; packets stay as they are.

        Raises:
            CodecError: the naming is of another number of clusters.
        """
        n = len(self.manifest["classes"])
        if len(naming.counts) != n:
            raise CodecError(f"names for {n} clusters wanted, got {len(naming.counts)}")
        speeches = {key: replace(speech, names=naming.table) for key, speech in self.speeches.items()}
        return replace(self, classes=naming.classes, speeches=speeches)

    def unnamed(self) -> Codec:
        """The same codec, whose clusters mean themselves."""
        speeches = {name: replace(speech, names=None) for name, speech in self.speeches.items()}
        return replace(self, classes=tuple(self.manifest["classes"]), speeches=speeches)

    @property
    def said(self) -> Speech:
        """The language that this codec speaks, with its receiver."""
        return self.speeches["said"]

    @property
    def fingerprint(self) -> bytes:
        """8 bytes that both ends must share: of the language and the receiver's tables, not the encoder."""
        return self.said.fingerprint

    def features(self, images: Images) -> Float32[np.ndarray, "n units"]:
        """The encoder's output for pictures of any size: paths, bytes, PIL pictures, or uint8 arrays.

        A codec for texts takes these: str, or the Path of a file.

        Raises:
            PictureError: (or TextError) the first picture that can't be read, with its number; or one bare picture.
        """
        parts = [self.session(batch) for batch in self._batches(images)]
        return np.concatenate(parts) if parts else np.zeros((0, self.session.units), np.float32)

    def messages(self, images: Images) -> Messages:
        """What is said of pictures, and which are sent.

        Raises:
            PictureError: as for `features`.
        """
        words: list[Symbols] = [self.said.say(np.zeros((0, self.session.units), np.float32))]
        sent: dict[int, bytes] = {}
        start = 0
        for batch in self._batches(images):
            features = self.session(batch)
            said = np.ones(len(batch), dtype=bool)
            if self.sending is not None:
                said = self.sending.said(self.said, self.speeches["full"], features, batch)
                sent |= {start + int(row): self.sending.coder.encode(batch[row]) for row in np.flatnonzero(~said)}
            words.append(self.said.say(features[said]))
            start += len(batch)
        units, levels = (np.concatenate([getattr(word, part) for word in words]) for part in ("units", "levels"))
        return Messages(Symbols(units, levels), sent)

    def encode(self, images: Images) -> list[bytes]:
        """Each picture as a packet: of a few bytes where it is said, of the picture budget where it is sent.

        Raises:
            PictureError: as for `features`.
        """
        if self.sending is None:  # the quickest way, for one picture at a time
            return self.said.packets(self.said.say(self.features(images)))
        messages = self.messages(images)
        packets = dict(zip(messages.said.tolist(), self.said.packets(messages.symbols), strict=True))
        packets |= {row: self.said.framing.pack(sent_message(payload)) for row, payload in messages.sent.items()}
        return [packets[row] for row in range(len(messages))]

    @overload
    def decode(self, packets: Sequence[bytes], errors: Literal["raise"] = "raise") -> list[Meaning]: ...

    @overload
    def decode(self, packets: Sequence[bytes], errors: Literal["skip"]) -> list[Meaning | None]: ...

    def decode(
        self, packets: Sequence[bytes], errors: Literal["raise", "skip"] = "raise"
    ) -> list[Meaning] | list[Meaning | None]:
        """What each packet means; with errors="skip", None in place of one that is damaged or foreign.

        Raises:
            PacketError: a packet is damaged, foreign or of another version (errors="raise").
        """
        if errors not in ("raise", "skip"):
            raise CodecError(f'errors is "raise" or "skip", not {errors!r}')
        messages, damaged = self.said.framing.unpack_each(packets)
        failures: dict[int, PacketError] = dict(damaged)
        sent = [row for row, message in enumerate(messages) if message.kind == Kind.SENT and self.sending is not None]
        said = sorted(set(range(len(packets))) - set(sent) - set(damaged))
        symbols, meaningless = self.said.language.decode_each([messages[row] for row in said])
        failures |= {said[i]: error for i, error in meaningless.items()}
        pictures, unreadable = self._pictures({row: sent_payload(messages[row]) for row in sent})
        failures |= unreadable
        if failures and errors == "raise":
            raise failures[min(failures)]
        good = np.setdiff1d(np.arange(len(said)), list(meaningless)).astype(np.int64)
        understood = dict(zip([said[i] for i in good], self.meanings(symbols[good]), strict=True))
        understood |= self._seen(pictures)
        return [understood.get(row) for row in range(len(packets))]

    @overload
    def fuse(self, events: Sequence[Mapping[str, bytes]], errors: Literal["raise"] = "raise") -> list[Meaning]: ...

    @overload
    def fuse(self, events: Sequence[Mapping[str, bytes]], errors: Literal["skip"]) -> list[Meaning | None]: ...

    def fuse(
        self, events: Sequence[Mapping[str, bytes]], errors: Literal["raise", "skip"] = "raise"
    ) -> list[Meaning] | list[Meaning | None]:
        """What the packets of several nodes say together of each event, where `events` map nodes' names to packets.

        A node from which nothing came is left out of its event's mapping. With errors="skip" a damaged packet counts
        as one that never came, and None stands for an event of which nothing came at all.

        Raises:
            CodecError: nothing was learnt of the nodes.
            FusionError: an event with no packet (errors="raise"), or a node of which nothing was learnt.
            PacketError: a packet is damaged, foreign or of another version (errors="raise").
        """
        if self.fusing is None:
            raise CodecError("nothing is known of this codec's nodes: laconic fuse CODEC 'SOURCE?event=...&node=...'")
        packets = [packet for event in events for packet in event.values()]
        decoded = iter(self.decode(packets, "raise") if errors == "raise" else self.decode(packets, errors))
        came = [{node: meaning for node in event if (meaning := next(decoded)) is not None} for event in events]
        if errors == "raise":
            return self.fusing.meanings(self.classes, came)
        fused = iter(self.fusing.meanings(self.classes, [event for event in came if event]))
        return [next(fused) if event else None for event in came]

    def understand(self, messages: Messages) -> list[Meaning]:
        """What messages mean, said ones and sent ones, in their order.

        Raises:
            PacketError: a sent picture can't be decoded.
        """
        pictures, unreadable = self._pictures(messages.sent)
        for error in unreadable.values():
            raise error
        understood = dict(zip(messages.said.tolist(), self.meanings(messages.symbols), strict=True))
        understood |= self._seen(pictures)
        return [understood[row] for row in range(len(messages))]

    def meanings(self, symbols: Symbols) -> list[Meaning]:
        """What words mean; equal words share one Meaning."""
        rows = np.concatenate([symbols.units.astype(np.int64), symbols.levels.astype(np.int64)], axis=1)
        _, first, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
        words = symbols[first]
        posterior = self.said.posterior(words)
        distinct = [
            Meaning(label, self.classes[label], float(row[label]), row, word)
            for label, row, word in zip(
                posterior.argmax(axis=1).tolist(), posterior, self.said.spell(words), strict=True
            )
        ]
        return [distinct[i] for i in inverse.reshape(-1).tolist()]

    def look(self, images: UInt8[np.ndarray, "n height width channels"]) -> Float64[np.ndarray, "n classes"]:
        """P(class | picture) by the receiver's network, or by the encoder: what is made of sent pictures."""
        parts = [self._look(images[at : at + BATCH]) for at in range(0, len(images), BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, len(self.classes)))

    def _look(self, images: UInt8[np.ndarray, "n height width channels"]) -> Float64[np.ndarray, "n classes"]:
        if self.receiver is None:
            full = self.speeches["full"]
            return full.posterior(full.say(self.session(images)))
        return softmax(self.receiver(images).astype(np.float64) / self.manifest["receiver"]["temperature"])

    def _pictures(
        self, sent: Mapping[int, bytes]
    ) -> tuple[dict[int, UInt8[np.ndarray, "height width channels"]], dict[int, PacketError]]:
        """Sent pictures, and why some can't be decoded, by their row."""
        pictures: dict[int, np.ndarray] = {}
        failures: dict[int, PacketError] = {}
        if sent and self.sending is None:
            return {}, {min(sent): PacketError("a sent picture came, but this codec sends none: another codec's?")}
        for row, payload in sent.items():
            try:
                assert self.sending is not None
                pictures[row] = self.sending.coder.decode(payload)
            except PictureDecodeError as error:
                failures[row] = PacketError(str(error))
        return pictures, failures

    def _seen(self, pictures: Mapping[int, UInt8[np.ndarray, "height width channels"]]) -> dict[int, Meaning]:
        """What sent pictures show, by their row."""
        rows = list(pictures)
        posterior = self.look(np.stack([pictures[row] for row in rows])) if rows else np.zeros((0, len(self.classes)))
        labels = posterior.argmax(axis=1).tolist()
        return {
            row: Meaning(label, self.classes[label], float(known[label]), known, "", pictures[row])
            for row, label, known in zip(rows, labels, posterior, strict=True)
        }

    def _batches(self, images: Images) -> Iterator[Items]:
        noun, error = self.preprocessing.noun, self.preprocessing.error
        if isinstance(images, str | bytes | Path | Image.Image):
            raise error(f"wanted several {noun}s; put a single one in a list")
        for start in range(0, len(images), BATCH):
            some = images[start : start + BATCH]
            if isinstance(some, np.ndarray):
                yield self.preprocessing.batch(some)
                continue
            loaded = read_pictures(some, self.preprocessing)
            for failure in loaded.failures:
                raise error(f"{noun} {start + failure.row}: {failure.reason}")
            yield loaded.images
