"""`python -m httpx`: the `httpx` command, where the script is not on the path."""

from . import main

if __name__ == "__main__":
    main(prog_name="python -m httpx")
