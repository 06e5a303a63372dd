"""What the trials of paper 002 have in common: whose they are, and what they run on.

Reduced scale trains narrow networks for a minute on pictures of 16 x 16 pixels, where the authors train for 1000
epochs: what is asked is which way is better than which, not their PSNR. Users of a cell are 20 in 4 groups there, 50 in
10 at full scale; groups are of five, as in the paper. Adam learns at 1e-4 in the paper, and in a minute hardly begins
to at that rate: reduced scale has a higher one, for every network the same.
"""

from __future__ import annotations

PAPER = (
    "J. Koh, H. Noh and H. J. Yang, Group-wise Semantic Splitting Multiple Access for Multi-User Semantic Communication"
)
CIFAR = "CIFAR-10 (50,000 training pictures{})"
