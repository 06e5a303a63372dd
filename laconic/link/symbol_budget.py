"""How many symbols a picture has on a downlink, and how many of them its group shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from laconic.link.errors import LinkError

Accounting = Literal["pooled", "per-user"]


@dataclass(frozen=True)
class SymbolBudget:
    """Complex symbols of a cell: `symbols` a picture, of which a group's multicast has `common`; the rest is private.

    Koh, Noh and Yang, "Group-wise Semantic Splitting Multiple Access", 2025, send 1024 symbols an image, complex or
    real, and don't say how one that five users hear is counted. `accounting` says:

    - `pooled`: once, for all who hear it. users * symbols = groups * common + users * private. Sharing saves spectrum.
    - `per-user`: in full for each who hears it. symbols = common + private. Sharing then saves none that is counted,
      though the cell spends less: `spent`.

    What no whole number of symbols can use is left unused. Two reals make one symbol.

    >>> SymbolBudget.from_ratio(users=50, groups=10, symbols=512, common_ratio=0.2, accounting="pooled")
    SymbolBudget(users=50, groups=10, symbols=512, common=512, accounting='pooled')
    >>> SymbolBudget.from_ratio(users=50, groups=10, symbols=512, common_ratio=0.2, accounting="per-user").private
    410

    Raises:
        LinkError: no group, more groups than users, a common part below 0, or one that leaves less than one private
            symbol.
    """

    users: int
    groups: int
    symbols: int
    common: int
    accounting: Accounting = "pooled"

    def __post_init__(self) -> None:
        if not 1 <= self.groups <= self.users:
            raise LinkError(f"{self.users} users are divided into 1 to {self.users} groups, not {self.groups}")
        if self.common < 0:
            raise LinkError(f"a group shares 0 symbols or more, not {self.common}")
        if self.private < 1:
            raise LinkError(
                f"a budget of {self.symbols} symbols a picture leaves none of the user's own: the common part takes "
                f"{self.charged:g} ({self.accounting}); share less, or allow more symbols"
            )

    @classmethod
    def from_ratio(
        cls, users: int, groups: int, symbols: int, common_ratio: float, accounting: Accounting = "pooled"
    ) -> SymbolBudget:
        """The budget of which a part `common_ratio` (0 to below 1) is common, as near as whole symbols come.

        Raises:
            LinkError: a ratio outside that, one that makes no whole symbol, or what the budget itself refuses.
        """
        if not 0 <= common_ratio < 1:
            raise LinkError(f"the common part is a ratio from 0 to below 1 of the symbols, not {common_ratio}")
        hearers = users / max(groups, 1) if accounting == "pooled" else 1
        common = round(common_ratio * symbols * hearers)
        if common_ratio and not common:
            raise LinkError(
                f"a part {common_ratio} of {symbols} symbols a picture is no whole common symbol; share 0 or more"
            )
        return cls(users, groups, symbols, common, accounting)

    @property
    def private(self) -> int:
        """Symbols of a picture that only its user hears."""
        if self.accounting == "per-user":
            return self.symbols - self.common
        return (self.users * self.symbols - self.groups * self.common) // self.users

    @property
    def charged(self) -> float:
        """Common symbols that are counted for one picture."""
        return self.common * self.groups / self.users if self.accounting == "pooled" else float(self.common)

    @property
    def common_ratio(self) -> float:
        """The part of a picture's symbols that is common."""
        return self.charged / self.symbols

    @property
    def spent(self) -> int:
        """Symbols that the whole cell takes on the air, each part in slots of its own."""
        return self.groups * self.common + self.users * self.private
