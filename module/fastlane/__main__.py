"""`python -m fastlane`.

An interrupt is answered by one line even while NumPy is still being imported.
"""

import sys


def _main() -> int:
    try:
        from fastlane.cli import main

        return main(sys.argv[1:])
    except KeyboardInterrupt:
        print("fastlane: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(_main())
