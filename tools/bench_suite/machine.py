"""The machine: CPU, caches, huge pages, Python, NumPy, peers; and the probe for a second CPU."""

from __future__ import annotations

import os
import platform
import sys
import sysconfig
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

from bench_suite import peers

SCALES = 1.9
PROBE_NS = 5_000_000


def read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def cpu_name() -> str:
    fields = dict(
        (part.strip() for part in line.split(":", 1))
        for line in read("/proc/cpuinfo").split("\n\n")[0].splitlines()
        if ":" in line
    )
    name = fields.get("model name", platform.processor() or platform.machine())
    family, model = fields.get("cpu family"), fields.get("model")
    return f"{name} (family {family}, model {model})" if family else name


def caches() -> dict[str, str]:
    found: dict[str, str] = {}
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind = read(f"{index}/level"), read(f"{index}/type")
        if kind != "Instruction":
            found[f"L{level}"] = read(f"{index}/size")
    return found


def huge_pages() -> str:
    setting = read("/sys/kernel/mm/transparent_hugepage/enabled")
    return setting.partition("[")[2].partition("]")[0] or "unknown"


def python_build() -> str:
    flags = sysconfig.get_config_var("CONFIG_ARGS") or ""
    return "PGO" if "--enable-optimizations" in flags else "no PGO"


def scaling_probe() -> float | None:
    """How many times more arithmetic two CPUs do than one; None where it cannot be asked."""
    raw = peers.module("bench_raw")
    cpus = sorted(os.sched_getaffinity(0))
    if raw is None or len(cpus) < 2:
        return None
    begin = time.perf_counter_ns()
    raw.spin(1_000_000)
    rounds = 1_000_000 * PROBE_NS // max(1, time.perf_counter_ns() - begin)
    barrier = threading.Barrier(2)
    spans: list[tuple[int, int]] = []

    def spin(cpu: int) -> None:
        os.sched_setaffinity(0, {cpu})
        barrier.wait()
        started = time.perf_counter_ns()
        raw.spin(rounds)
        spans.append((started, time.perf_counter_ns()))

    alone = together = sys.maxsize
    for tries in range(100):
        if tries >= 5 and 2 * alone >= SCALES * together:
            break
        begin = time.perf_counter_ns()
        raw.spin(rounds)
        alone = min(alone, time.perf_counter_ns() - begin)
        spans.clear()
        threads = [threading.Thread(target=spin, args=(cpu,)) for cpu in cpus[:2]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = max(end for _, end in spans) - min(start for start, _ in spans)
        together = min(together, took)
    return 2 * alone / together


def facts() -> dict[str, Any]:
    fastlane = peers.module("fastlane")
    return {
        "cpu": cpu_name(),
        "cpus": len(os.sched_getaffinity(0)),
        "caches": caches(),
        "huge_pages": huge_pages(),
        "kernel": platform.release(),
        "python": f"{platform.python_version()} ({python_build()})",
        "executable": Path(sys.executable).name,
        "peers": peers.versions(),
        "fastlane": getattr(fastlane, "__version__", None) if fastlane else None,
        "two_cpu_scaling": scaling_probe(),
    }


def lines(facts: dict[str, Any]) -> list[str]:
    """The machine in lines of at most 100 columns."""
    sizes = ", ".join(f"{level} {size}" for level, size in facts["caches"].items())
    probe = facts["two_cpu_scaling"]
    scaling = "n/a" if probe is None else f"{probe:.2f}"
    said = [
        f"{facts['cpus']} CPUs of {facts['cpu']}; {sizes}",
        f"huge pages {facts['huge_pages']}; Linux {facts['kernel']}; "
        f"two CPUs do {scaling} times the work of one",
        f"CPython {facts['python']}; fastlane {facts['fastlane'] or 'n/a (no release build)'}",
        ", ".join(f"{name} {version}" for name, version in facts["peers"].items()),
    ]
    return [line for text in said for line in textwrap.wrap(text, 100)]
