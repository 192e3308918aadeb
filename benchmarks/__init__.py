"""What is measured, and how: see README.md. Run from the root of the repository, `python -m benchmarks.cpu.speed`."""
