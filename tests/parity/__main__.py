"""Run groups of the table on the `httpx` that this interpreter imports; print the answers as JSON.

`python -m tests.parity [GROUP...]` from the root of the repository, run by `scripts/parity` and by
`test_recorded.py` in a process of its own: a program may patch, warn, log or hang.
"""

import faulthandler
import json
import sys

from .table import GROUPS, run_groups

GROUP_SECONDS = 300

if __name__ == "__main__":
    answers = {}
    for group in sys.argv[1:] or GROUPS:
        faulthandler.dump_traceback_later(GROUP_SECONDS, exit=True)  # what no signal can interrupt
        answers |= run_groups([group])
    sys.stdout.flush()
    print("\n" + json.dumps(answers))
