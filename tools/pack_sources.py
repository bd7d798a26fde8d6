"""Packs the kernels' sources that `python -m fastlane config --sources` writes out into one file.

    tools/pack_sources.py TARGET

Both doors of the build call it. The package carries the file; module/fastlane/cli/vendor.py reads it.
"""

import lzma
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent


def pack(target: Path) -> None:
    """Every file that module/c_api/vendored.txt lists, each under a line with its name."""
    names = (HERE / "module/c_api/vendored.txt").read_text("ascii").split()
    text = "".join(f"//// {name}\n{(HERE / name).read_text('ascii')}" for name in names)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(lzma.compress(text.encode("ascii"), preset=9))


if __name__ == "__main__":
    pack(Path(sys.argv[1]))
