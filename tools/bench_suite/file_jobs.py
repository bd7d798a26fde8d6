"""One way to checksum a file, in a process of its own: python -m bench_suite.file_jobs JOB PATH.

Prints the seconds it took and the peak memory in MB beyond what the process had before.
"""

from __future__ import annotations

import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

from bench_suite import peers
from bench_suite.build_modules import CACHE


def by_reading(path: str) -> int:
    with open(path, "rb") as file:
        return zlib.crc32(file.read())


def by_path(path: str) -> int:
    return int(peers.module("fastlane").crc32(Path(path)))


JOBS: dict[str, Callable[[str], int]] = {"Python": by_reading, "fastlane": by_path}


def large_file(size: int) -> Path:
    """A file of so many bytes, made once."""
    path = CACHE / f"file-{size}"
    if not path.exists() or path.stat().st_size != size:
        piece = bytes(range(251)) * 4178
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            while file.tell() < size:
                file.write(piece[: size - file.tell()])
        partial.rename(path)
    return path


def run_alone(job: str, path: Path) -> tuple[float, float]:
    """Seconds, the best of three processes, and MB."""
    runs = []
    for _ in range(3):
        command = [sys.executable, "-m", "bench_suite.file_jobs", job, str(path)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        seconds, megabytes = map(float, done.stdout.split())
        runs.append((seconds, megabytes))
    return min(runs)


def peak_megabytes() -> float:
    """Of this program alone: getrusage would know of what it was forked from."""
    status = Path("/proc/self/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) * 1024 / 1e6


def main() -> None:
    job, path = sys.argv[1:]
    peers.module("fastlane")
    before = peak_megabytes()
    begin = time.perf_counter()
    JOBS[job](path)
    print(time.perf_counter() - begin, peak_megabytes() - before)


if __name__ == "__main__":
    main()
