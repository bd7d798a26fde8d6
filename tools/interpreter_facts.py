"""Prints what a C++ build has to know about the Python that runs this, one `name=value` a line.

CMake asks each interpreter with it. It never guesses: what is missing is printed as an empty value.
"""

import sys
import sysconfig
from pathlib import Path


# What a program that starts this interpreter links with besides its library.
LINK_FLAGS = ("LIBS", "SYSLIBS", "LINKFORSHARED")


def library() -> str:
    """Python's library, shared if there is one; empty when there is none."""
    for folder, name in (("LIBDIR", "LDLIBRARY"), ("LIBPL", "LIBRARY")):
        path = Path(sysconfig.get_config_var(folder) or "", sysconfig.get_config_var(name) or "-")
        if path.is_file():
            return str(path)
    return ""


def facts() -> dict[str, str]:
    include = sysconfig.get_path("platinclude")
    found = {
        "version": f"{sys.version_info.major}.{sys.version_info.minor}{sys.abiflags}",
        "suffix": sysconfig.get_config_var("EXT_SUFFIX") or "",
        "include": include if Path(include, "Python.h").is_file() else "",
        "library": library(),
        "link_flags": " ".join(str(sysconfig.get_config_var(name)) for name in LINK_FLAGS),
        "numpy_version": "",
        "numpy_include": "",
    }
    try:
        import numpy
    except ImportError:
        return found
    found["numpy_version"] = numpy.__version__
    found["numpy_include"] = numpy.get_include()
    return found


if __name__ == "__main__":
    for name, value in facts().items():
        print(f"{name}={value}")
