# SPDX-License-Identifier: GPL-2.0-or-later
"""What a table of mutations is made of."""

from dataclasses import dataclass, field


@dataclass
class Subject:
    """Edits of one file: (text, its replacement, what the replacement stands for), and what must notice each."""
    file: str
    edits: list
    tests: list = field(default_factory=list)  # unit tests, without "unit."
    runs: list = field(default_factory=list)  # campaigns of this folder, without ".yaml", and keys: "NAME KEY=VALUE..."
