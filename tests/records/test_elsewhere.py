"""Plans in other processes and on clusters, and the page in a browser."""

from __future__ import annotations

import functools
import multiprocessing
import pickle
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from fastlane import records as fr
from fastlane.records import Plan, Result
from records import logs
from records.compare import access_plan

LOGS = [logs.access_log(1000, seed=seed) for seed in range(4)]
PLAN = (
    Plan(fr.apache("combined"), fr.Schema(status=fr.Int16(), bytes=fr.Int64(null="-")))
    .group_by("status")
    .aggregate(n=fr.count(), middle=fr.quantile("bytes", 0.5), kinds=fr.count_distinct("bytes"))
)


def assert_is_the_whole(results: list[Result]) -> None:
    joined = functools.reduce(Result.merge, results)
    whole = PLAN.run(LOGS)
    assert joined.to_dict() == whole.to_dict()
    assert joined.rows_in == whole.rows_in


def test_a_plan_is_small() -> None:
    for plan in (PLAN, access_plan()):
        assert len(pickle.dumps(plan)) < 2048
        assert pickle.loads(pickle.dumps(plan)) == plan


def test_processes() -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        assert_is_the_whole(list(pool.map(PLAN.run, LOGS)))


def test_dask_on_a_local_cluster() -> None:
    pytest.importorskip("distributed", reason="dask[distributed] is not installed")
    bag = pytest.importorskip("dask.bag")
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
    ):
        assert_is_the_whole(bag.from_sequence(LOGS, npartitions=4).map(PLAN.run).compute())


def test_the_page_in_a_browser(tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("chromium is not installed")
    (tmp_path / "access.log").write_bytes(LOGS[0])
    (tmp_path / "plan.json").write_text(PLAN.to_json())
    run = [sys.executable, "-P", "-m", "fastlane", "run", "plan.json", "access.log", "-o", "a.html"]
    subprocess.run(run, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000"]
    page = f"file://{tmp_path / 'a.html'}"
    done = subprocess.run(
        [browser, *flags, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "middle" in done.stdout and "200" in done.stdout
    assert "Uncaught" not in done.stderr
