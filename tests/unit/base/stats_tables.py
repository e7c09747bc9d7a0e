#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints the tables of test_stats.c: floors and p-values, by exact fractions and no special function.

A floor is bisected over the binomial sum in rational arithmetic where that is cheap, else in 60
decimal digits; a p-value is a ratio of sums of binomial coefficients.
"""
from decimal import Decimal, getcontext
from fractions import Fraction
from math import comb

getcontext().prec = 60


def at_least(hits, trials, p):
    """P(X >= hits), through the smaller side of the sum."""
    q = 1 - p

    def term(i):
        return Decimal(comb(trials, i)) * p ** i * q ** (trials - i)
    if hits <= trials - hits:
        return 1 - sum(term(i) for i in range(hits))
    return sum(term(i) for i in range(hits, trials + 1))


def floor(hits, trials, confidence):
    low, high = Decimal(0), Decimal(1)
    for _ in range(170):
        middle = (low + high) / 2
        if at_least(hits, trials, middle) < 1 - Decimal(confidence):
            low = middle
        else:
            high = middle
    return high


def fisher(a, n1, b, n2):
    hits = a + b
    ways = sum(comb(n1, x) * comb(n2, hits - x) for x in range(a, min(hits, n1) + 1))
    return Fraction(ways, comb(n1 + n2, hits))


for hits, trials, confidence in [
        (1, 1, "0.95"), (1, 2, "0.95"), (2, 2, "0.95"), (1, 10, "0.95"), (5, 10, "0.975"),
        (9, 10, "0.95"), (10, 10, "0.975"), (1, 30, "0.95"), (3, 1000, "0.95"),
        (500, 1000, "0.95"), (1, 1000000, "0.95"), (30, 1000000, "0.975"),
        (999999, 1000000, "0.95"), (1000000, 1000000, "0.95")]:
    print("\t{ %7d, %7d, %-5s, %.17g }," % (hits, trials, confidence, floor(hits, trials, confidence)))
print()
for a, n1, b, n2 in [
        (1, 1, 0, 1), (3, 4, 1, 4), (8, 8, 0, 8), (4, 4, 0, 4), (2, 2, 0, 6), (1, 10, 9, 10),
        (0, 5, 0, 5), (5, 5, 5, 5), (10, 12, 1, 12), (7, 60, 1, 60), (60, 60, 0, 60),
        (3, 1000, 9, 1000), (0, 7, 3, 9), (2, 9, 9, 9), (30, 40, 29, 60), (100, 1000, 50, 1000),
        (250, 500, 2, 3000), (5, 100000, 0, 100000), (2000, 20000, 1900, 20000)]:
    p = fisher(a, n1, b, n2)
    print("\t{ { %5d, %6d }, { %5d, %6d }, %.17g }," % (a, n1, b, n2, Decimal(p.numerator) / p.denominator))
