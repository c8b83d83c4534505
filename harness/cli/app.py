"""The program that the commands are registered with."""

from __future__ import annotations

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Benchmark a supercomputer, from a laptop on: verified MPI kernels, HDF5 records, "
    "comparison with the TOP500.",
    epilog="First steps: qyran doctor; qyran run quick; qyran rank. Exit codes: 0 good, "
    "1 performance verdict failed, 2 usage or configuration, 3 could not measure, "
    "4 inconclusive, 5 wrong answer or corrupt store, 130 interrupted.",
)
