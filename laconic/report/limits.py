"""What no code can beat: the bits that a label costs at a given accuracy, in blocks and one at a time."""

from __future__ import annotations

from math import inf, log2

from laconic.contract import LaconicError


def label_rate(accuracy: float, n_classes: int) -> float:
    """Bits a picture that a label needs at least, when `accuracy` of them arrive right.

    The rate-distortion function of a uniform source of C = `n_classes` labels under Hamming distortion (Cover
    and Thomas, Elements of Information Theory, 2nd ed., exercise 10.5), with e = 1 - accuracy:
    R = log2 C - h2(e) - e log2(C - 1), and 0 where guessing does as well. Mean bits of any code, however long
    the blocks that it codes together, are at least this.

    Raises:
        LaconicError: `accuracy` is outside [0, 1], or there is no class.

    >>> [round(label_rate(accuracy, 10), 2) for accuracy in (0.1, 0.577, 0.807, 0.966, 1.0)]
    [0.0, 1.0, 2.0, 3.0, 3.32]
    >>> round(label_rate(0.9525, 10), 1), round(label_rate(0.715, 100), 1)
    (2.9, 3.9)
    """
    _check(n_classes)
    if not 0.0 <= accuracy <= 1.0:
        raise LaconicError(f"an accuracy lies in 0 ... 1, not {accuracy}: give a share, not a percentage")
    if accuracy * n_classes <= 1.0:
        return 0.0
    error = 1.0 - accuracy
    if error == 0.0:
        return log2(n_classes)
    entropy = -error * log2(error) - accuracy * log2(accuracy)
    return max(0.0, log2(n_classes) - entropy - error * log2(n_classes - 1))


def best_accuracy(bits: float, n_classes: int) -> float:
    """The accuracy that `bits` a picture allow at most: the inverse of `label_rate`, by bisection.

    Raises:
        LaconicError: `bits` is negative or not a number, or there is no class.

    >>> [round(100 * best_accuracy(float(bits), 10), 1) for bits in range(5)]
    [10.0, 57.7, 80.7, 96.6, 100.0]
    >>> [round(100 * best_accuracy(float(bits), 100), 1) for bits in range(1, 8)]
    [27.7, 44.9, 59.7, 72.8, 84.6, 94.8, 100.0]
    """
    _check(n_classes, bits)
    if bits >= log2(n_classes):
        return 1.0
    low, high = 1.0 / n_classes, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if label_rate(middle, n_classes) <= bits else (low, middle)
    return low


def one_shot_accuracy(bits: float, n_classes: int) -> float:
    """The accuracy of the best fixed-length code of `bits` for each picture by itself: min(1, 2^B / C).

    2^B words name at most 2^B of C equally likely classes. A code whose words differ in length may do a
    little better at the same mean.

    Raises:
        LaconicError: `bits` is negative or not a number, or there is no class.

    >>> [one_shot_accuracy(bits, 10) for bits in (3.0, 4.0)], one_shot_accuracy(6.0, 100)
    ([0.8, 1.0], 0.64)
    """
    _check(n_classes, bits)
    return 1.0 if bits >= log2(n_classes) else 2.0**bits / n_classes


def _check(n_classes: int, bits: float = 0.0) -> None:
    if n_classes < 1:
        raise LaconicError(f"a label needs at least one class, not {n_classes}")
    if not 0.0 <= bits <= inf:
        raise LaconicError(f"a code's length is 0 bits or more, not {bits}")
