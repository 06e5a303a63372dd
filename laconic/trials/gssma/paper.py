"""What the trials of paper 002 have in common: whose they are, and what they run on.

Reduced scale trains narrow networks for a minute on pictures of 16 x 16 pixels, where the authors train for 1000
epochs: what is asked is which way is better than which, not their PSNR. Users of a cell are 20 in 4 groups there, 50 in
10 at full scale; groups are of five, as in the paper.

Adam learns at 1e-4 in the paper, at 5e-4 at reduced scale, for every network the same. The rate was 2e-3 first, and was
changed after one run and a look: at 2e-3 all groups' common features had become alike (cosine 1.00) and stayed so for
300 steps at least; at 5e-4 it was 0.30 after 50 steps, yet 0.67 after 100 and 0.53 after 150 (8 symbols, correlation
0.9, one seed, test pictures). One seed of `ours/sharing` at 5e-4 still had 1.5 dB less with sharing than without.
"""

from __future__ import annotations

PAPER = (
    "J. Koh, H. Noh and H. J. Yang, Group-wise Semantic Splitting Multiple Access for Multi-User Semantic Communication"
)
CIFAR = "CIFAR-10 (50,000 training pictures{})"
