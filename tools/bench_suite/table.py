"""Prints a suite's rows within 100 columns: minimum and median, ratio to the best peer."""

from __future__ import annotations

from typing import Any

UNITS = (("s", 1e9), ("ms", 1e6), ("us", 1e3), ("ns", 1.0))


def short(value: float) -> str:
    size = abs(value)
    return f"{value:.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def unit_for(nanoseconds: float) -> tuple[str, float]:
    return next(((name, ns) for name, ns in UNITS if nanoseconds >= ns), UNITS[-1])


def best_peer(cells: dict[str, Any], floor: str | None, figure: str = "min") -> str | None:
    times = {
        column: cell[figure]
        for column, cell in cells.items()
        if isinstance(cell, dict) and column not in ("fastlane", floor)
    }
    return min(times, key=times.__getitem__, default=None)


def ratio(cells: dict[str, Any], floor: str | None, figure: str = "min") -> float | None:
    """How many times fastlane's time the fastest peer takes."""
    peer, own = best_peer(cells, floor, figure), cells.get("fastlane")
    if peer is None or not isinstance(own, dict):
        return None
    return cells[peer][figure] / own[figure]


def timed_lines(row: dict[str, Any], columns: list[str], floor: str | None) -> list[list[str]]:
    cells = row["cells"]
    fastest = min((c["min"] for c in cells.values() if isinstance(c, dict)), default=1.0)
    unit, scale = unit_for(fastest)
    peer = best_peer(cells, floor)
    lines = []
    for figure in ("min", "median"):
        line = [row["name"] if figure == "min" else "", f"{unit} {figure[:3]}"]
        for column in columns:
            cell = cells.get(column, "n/a")
            if isinstance(cell, dict):
                star = "*" if figure == "min" and column == peer else " "
                line.append(short(cell[figure] / scale) + star)
            else:
                line.append(f"{cell} " if figure == "min" else "")
        found = ratio(cells, floor, figure)
        line.append(f"{found:.2f}x" if found else "n/a" if figure == "min" else "")
        if floor:
            own, bare = cells.get("fastlane"), cells.get(floor)
            both = isinstance(own, dict) and isinstance(bare, dict)
            line.append(f"{(own[figure] - bare[figure]) / scale:+.1f}" if both else "")
        lines.append(line)
    return lines


def fact_line(row: dict[str, Any], columns: list[str], floor: str | None) -> list[str]:
    values = [row["values"].get(column) for column in columns]
    shown = [f"{short(value)} " if value is not None else "n/a " for value in values]
    return [row["name"], row["unit"], *shown, "", *([""] if floor else [])]


def table(title: str, rows: list[dict[str, Any]], columns: list[str], floor: str | None) -> str:
    if not rows:
        return f"{title}\nn/a"
    head = [
        "",
        "",
        *(f"{column} " for column in columns),
        "ratio",
        *([f"-{floor}"] if floor else []),
    ]
    lines = [head]
    for row in rows:
        if "values" in row:
            lines.append(fact_line(row, columns, floor))
        else:
            lines.extend(timed_lines(row, columns, floor))
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    said = [title]
    for line in lines:
        cells = [line[0].ljust(widths[0]), line[1].ljust(widths[1])]
        cells += [cell.rjust(width) for cell, width in zip(line[2:], widths[2:])]
        said.append(" ".join(cells).rstrip())
    discarded = sum(
        c["discarded"] for r in rows for c in r.get("cells", {}).values() if isinstance(c, dict)
    )
    said.append(
        f"* fastest peer; ratio: its time / fastlane's; {discarded} repetitions with gaps discarded"
    )
    return "\n".join(said)
