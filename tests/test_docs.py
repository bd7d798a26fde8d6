"""Every Python example of the README and of docs/ runs as it stands."""

import pathlib
import re

import pngs
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def examples(page: pathlib.Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_readme_has_examples():
    assert len(examples(ROOT / "README.md")) >= 2


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_run_in_order(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.png").write_bytes(pngs.sample(2, 8, 40, 60).encode())
    names: dict[str, object] = {"__name__": "example"}
    for number, example in enumerate(examples(page), 1):
        try:
            exec(compile(example, f"{page.name}, example {number}", "exec"), names)
        except ModuleNotFoundError as missing:
            assert missing.name and not missing.name.startswith("fastlane")
            pytest.skip(f"{missing.name} is not installed: pip install {missing.name}")
