"""Features to symbols to words to bits: the language that both ends of a link share.

```
features --Code.quantise--> Symbols --Language.encode--> Message --Framing.pack--> packet
features <-Code.dequantise- Symbols <-Language.decode--- Message <-Framing.unpack-- packet
```
"""

from __future__ import annotations

from laconic.language.alphabet import Alphabet
from laconic.language.builtin import BUILTIN
from laconic.language.code import Code, UnfittedCode, restore, state
from laconic.language.conform import Verdict, conformance
from laconic.language.crc import Check
from laconic.language.decision import Decision
from laconic.language.errors import PacketError, StreamError
from laconic.language.huffman import Huffman
from laconic.language.language import Language, fingerprint
from laconic.language.lexicon import Lexicon
from laconic.language.likelihood import Likelihood
from laconic.language.maxamp import MaxAmp, Progressive
from laconic.language.maxpro import MaxPro, MaxProAmp, Scalar
from laconic.language.packet import Framing, pack_bare, unpack_bare
from laconic.language.progressive import cut, decode_prefix
from laconic.language.seal import Opener, Sealer
from laconic.language.stream import Messages, peek_lac, read_lac, read_messages, write_lac

__all__ = [
    "BUILTIN",
    "Alphabet",
    "Check",
    "Code",
    "Decision",
    "Framing",
    "Huffman",
    "Language",
    "Lexicon",
    "Likelihood",
    "MaxAmp",
    "MaxPro",
    "MaxProAmp",
    "Messages",
    "Opener",
    "PacketError",
    "Progressive",
    "Scalar",
    "Sealer",
    "StreamError",
    "UnfittedCode",
    "Verdict",
    "conformance",
    "cut",
    "decode_prefix",
    "fingerprint",
    "pack_bare",
    "peek_lac",
    "read_lac",
    "read_messages",
    "restore",
    "state",
    "unpack_bare",
    "write_lac",
]
