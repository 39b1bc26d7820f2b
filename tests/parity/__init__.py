"""The proof against the original: one table of small programs, run on two builds.

`programs/` holds the table, one module a subject. A program is a line of Python, whose answer is
the `repr` of its last expression, or a function marked `@program`. What it raises and what it
warns of belong to the answer. `recorded.json` holds the answers of the original 0.28.1,
`differences.json` ours where a decision wants them otherwise.

One group, one program:

    .venv/bin/python -m pytest tests/parity -q -k urls
    .venv/bin/python -m pytest tests/parity -q -k "urls and 0x7f"
    PYTHONPATH=src .venv/bin/python -m tests.parity urls         # the answers, as JSON

`scripts/parity` runs the table beside an installed original; `scripts/parity --record` writes
`recorded.json` anew, `scripts/parity --accept GROUP PROGRAM DECISION` declares a difference.
"""
