from setuptools import Extension, setup

setup(
    name="wavestats",
    version="1.4",
    ext_modules=[Extension("wavestats", ["wavestats.c"])],
)
