"""Looks for specs that notice the planted faults, and writes their seeds down.

    python tests/zoo/zoo_search.py                 faults without a seed, 24 specs each
    python tests/zoo/zoo_search.py --most 200      more specs each
    python tests/zoo/zoo_search.py --all           every fault anew
    python tests/zoo/zoo_search.py --known         those with a seed, on that one spec

What no spec notices is printed: a hole in the agreement tests, or in the generator.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from zoo_folder import HERE
from zoo_jobs import MOST_TRIED, NOTICED, every_fault, noticed, write_jobs


def main() -> None:
    """Searches, and keeps what it finds as it goes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--most", type=int, default=MOST_TRIED)
    parser.add_argument("--all", action="store_true", help="those with a seed too")
    parser.add_argument("--known", action="store_true", help="those with a seed alone")
    given = parser.parse_args()
    known = noticed()
    faults = [fault for fault in every_fault() if given.all or (fault.name in known) == given.known]
    with tempfile.TemporaryDirectory() as folder:
        jobs = Path(folder) / "jobs.json"
        write_jobs(faults, jobs, 0 if given.known else given.most)
        command = [sys.executable, str(HERE / "zoo_run.py"), str(jobs)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
            for line in run.stdout or ():
                said = json.loads(line)
                known.pop(said["name"], None)
                if said["noticed"] and said.get("seed") is not None:
                    known[said["name"]] = said["seed"]
                else:
                    print(f"not noticed: {said['name']} {said.get('broken', '')}", flush=True)
                NOTICED.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
