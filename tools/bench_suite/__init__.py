"""The benchmarks behind tools/bench: suites, the peers they compare with, and how time is taken."""
