"""The classical way: a picture as few bytes, for what words can't say. `docs/format.md` is the byte layout.

```
uint8 [H, W, C] --scaled down--> [h, w, C] --JPEG | WebP | AVIF--> header byte | body --sent_message--> Message
uint8 [H, W, C] <--scaled up---- [h, w, C] <----------------------- header byte | body <--sent_payload-- Message
```
"""

from __future__ import annotations

from laconic.picture.coder import PictureCoder, least_bytes
from laconic.picture.errors import PictureBudgetError, PictureDecodeError, PictureFormatError, SentPictureError
from laconic.picture.formats import FORMATS, available
from laconic.picture.message import sent_message, sent_payload

__all__ = [
    "FORMATS",
    "PictureBudgetError",
    "PictureCoder",
    "PictureDecodeError",
    "PictureFormatError",
    "SentPictureError",
    "available",
    "least_bytes",
    "sent_message",
    "sent_payload",
]
