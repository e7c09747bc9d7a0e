# SPDX-License-Identifier: GPL-2.0-or-later
"""All mutations: for each file what is edited, what the edit stands for, and what must notice it."""

from rows import acceptance, counters, decisions, ledger, log, promises, stimulus, verdicts, window

TABLE = (counters.ROWS + acceptance.ROWS + window.ROWS + verdicts.ROWS + decisions.ROWS + log.ROWS + ledger.ROWS +
         promises.ROWS + stimulus.ROWS)
