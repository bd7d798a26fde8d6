"""What docs/records.md shows is what happens."""

from __future__ import annotations

import re

from fastlane import SchemaError
from fastlane import records as fr
from fastlane.records.fields import FIELD_TYPES
from records.compare import PLANS

TEXT = (PLANS.parent / "records.md").read_text("ascii")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_plan_file_is_one() -> None:
    plans = [fr.Plan.from_json(text) for text in blocks("json")]
    assert [plan.keys for plan in plans] == [("method", "status")]


def test_the_sentence_about_a_mistake_is_said() -> None:
    wrong = blocks("json")[0].replace('"ge": 100', '"ge": "100"')
    try:
        fr.Plan.from_json(wrong)
    except SchemaError as error:
        assert str(error) in " ".join(TEXT.split())
    else:
        raise AssertionError("the plan is wrong")


def test_every_option_and_column_is_documented() -> None:
    for cls in FIELD_TYPES.values():
        for name in cls.option_names():
            assert name in ("path", "format") or re.search(rf"\b{name}\b", TEXT), name
    names = fr.apache(
        "%h %l %u %t %s %b %D %T %{ms}T %v %V %p %m %U %q %H %a %A %f %I %O %S %k %L %P %R %X"
    ).names
    for name in names:
        assert re.search(rf"\b{name}\b", TEXT), name
