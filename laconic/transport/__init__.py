"""What a packet costs on a real link: frames, airtime, messages a day."""

from __future__ import annotations
