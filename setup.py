"""The door for users: `pip install .` compiles what CMake compiles, from the same source lists.

Everything that is not about the extension stands in pyproject.toml.
"""

import os
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
PACKER = "tools/pack_sources.py"
os.chdir(HERE)


def lines_of(name: str) -> list[str]:
    return (HERE / name).read_text(encoding="ascii").split("\n")[:-1]


def headers() -> list[str]:
    """What the extension is compiled from besides its sources; source distributions carry it."""
    found = [path for folder in ("kernels", "module") for path in HERE.glob(f"{folder}/**/*.hpp")]
    names = [str(path.relative_to(HERE)) for path in sorted(found)]
    lists = [f"kernels/{name}.txt" for name in ("sources", "libraries", "flags", "optimisation")]
    return names + lists + ["module/sources.txt", "module/exports.map", "module/c_api/vendored.txt", PACKER]


def optimisation_of(source: str) -> list[str]:
    """What the first fitting line of the list says: speed where there are loops, else a small wheel."""
    lines = (line.split() for line in lines_of("kernels/optimisation.txt"))
    return next(flags for prefix, *flags in lines if source.startswith(prefix))


class ParallelBuild(build_ext):
    """Compiles the extension's sources side by side instead of one after the other."""

    def build_extension(self, ext: Extension) -> None:
        compile_in_turn = self.compiler.compile

        def compile_side_by_side(sources, output_dir=None, extra_postargs=(), **options):
            for name in self.compiler.object_filenames(sources, output_dir=output_dir):
                Path(name).parent.mkdir(parents=True, exist_ok=True)
            with ThreadPoolExecutor(self.parallel or os.cpu_count()) as workers:
                jobs = [
                    workers.submit(
                        compile_in_turn,
                        [source],
                        output_dir=output_dir,
                        extra_postargs=[*extra_postargs, *optimisation_of(source)],
                        **options,
                    )
                    for source in sources
                ]
                return [name for job in jobs for name in job.result()]

        self.compiler.compile = compile_side_by_side
        super().build_extension(ext)


class BuildWithSources(build_py):
    """Lays the kernels' sources beside the package, for `python -m fastlane config --sources`."""

    def packed(self) -> str:
        return str(Path(self.build_lib, "fastlane", "sources.xz"))

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            subprocess.run([sys.executable, PACKER, self.packed()], check=True)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return [*super().get_outputs(include_bytecode), self.packed()]


def extension() -> Extension:
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    shared = ["-flto=auto", "-fvisibility=hidden", "-pthread", *lines_of("kernels/flags.txt")]
    return Extension(
        "fastlane._core",
        sources=lines_of("kernels/sources.txt") + lines_of("module/sources.txt"),
        depends=headers(),
        include_dirs=[str(HERE), numpy.get_include()],
        libraries=[line.split()[0] for line in lines_of("kernels/libraries.txt")],
        define_macros=[("FASTLANE_VERSION", f'"{project["version"]}"'), ("NDEBUG", None)],
        extra_compile_args=[
            "-std=c++20",
            "-g0",
            "-fvisibility-inlines-hidden",
            *shared,
        ],
        extra_link_args=[
            "-Wl,--gc-sections",
            "-Wl,--as-needed",
            "-ldl",
            f"-Wl,--version-script={HERE / 'module' / 'exports.map'}",
            "-s",
            *shared,
        ],
        language="c++",
    )


setup(
    ext_modules=[extension()],
    cmdclass={"build_ext": ParallelBuild, "build_py": BuildWithSources},
)
