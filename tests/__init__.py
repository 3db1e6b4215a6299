"""The tests; a package, so that benchmarks and tests share `tests.live`."""
