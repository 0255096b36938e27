"""The figures behind the promises, measured on real servers on this machine: `python -m benchmarks`. See docs/benchmarks.md."""
