"""The types of the calls that people write, for the type checkers to judge.

`calls.py` is read by mypy and basedpyright, and never run; `test_types.py` asks them.
"""
