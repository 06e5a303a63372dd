"""What the trials of paper 003 have in common: whose they are, and what they run on.

Reduced scale trains small networks for minutes, where the authors train for hours: what is asked is which way is better
than which, not their error rates.
"""

from __future__ import annotations

PAPER = (
    "C. Lassance, V. Gripon and A. Ortega, Representing Deep Neural Networks Latent Space Geometries with Graphs, "
    "Algorithms 2021"
)
CIFAR = "CIFAR-10 (50,000 training pictures, of which {} are drawn)"
