"""What the user writes to name a source: `kind:where?option=value&option=value`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from laconic.data.split import SourceError


@dataclass(frozen=True)
class Spec:
    """A source's name, taken apart.

    >>> Spec.parse("hub:uoft-cs/cifar100?image=img&label=fine_label").options
    {'image': 'img', 'label': 'fine_label'}
    """

    text: str
    kind: str
    where: str
    options: Mapping[str, str]

    @classmethod
    def parse(cls, text: str) -> Spec:
        """Take `kind:where?option=value&...` apart; `%xx` stands for a character that would end its part.

        Raises:
            SourceError: an option without a value, or given twice.
        """
        head, _, query = text.partition("?")
        kind, _, where = head.partition(":")
        options: dict[str, str] = {}
        for part in query.split("&") if query else []:
            key, _, value = part.partition("=")
            if not key or not value:
                raise SourceError(f"{text}: option {part!r} has no value; wanted option=value")
            if key in options:
                raise SourceError(f"{text}: option {key!r} is given twice")
            options[key] = unquote_plus(value)
        return cls(text, kind, unquote_plus(where), options)

    def allow(self, *names: str) -> None:
        """Refuse options that this kind of source does not have.

        Raises:
            SourceError: one that is not in `names`, which the text lists.
        """
        for name in self.options:
            if name not in names:
                wanted = ", ".join(names)
                raise SourceError(f"{self.text}: {self.kind} has no option {name!r}; it has {wanted}")

    def integer(self, name: str, default: int) -> int:
        """An option that is a whole number.

        Raises:
            SourceError: it is not.
        """
        value = self.options.get(name, str(default))
        if not value.isdecimal():
            raise SourceError(f"{self.text}: option {name}={value!r}: wanted a whole number")
        return int(value)
