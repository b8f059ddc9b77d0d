"""Run the command line as `python -m outcomes`."""

from outcomes.cli import run

if __name__ == "__main__":
    run()
