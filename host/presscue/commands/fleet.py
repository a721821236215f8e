"""presscue fleet."""

import os
from pathlib import Path

import click

from .options import FILE, common


@click.group()
def fleet() -> None:
    """Many archives at once: analyse them into one dataset, and ask it questions."""


@fleet.command()
@click.argument("folders", metavar="DIR…", nargs=-1, required=True)
@click.option("--out", required=True, metavar="DATASET", help="Folder or address of the dataset; made if it is new.")
@click.option("--scheduler", metavar="ADDRESS", help="An existing Dask cluster, as tcp://10.0.0.5:8786.")
@click.option(
    "--workers", type=click.IntRange(0, 1024), metavar="N",
    help="Processes on this machine; 0 works without Dask, in this one. [default: one a processor]",
)  # fmt: skip
@click.option(
    "--retries", type=click.IntRange(0, 100), default=2, show_default=True, metavar="N",
    help="Further tries of a recording that could not be read.",
)  # fmt: skip
@click.option("--tables", is_flag=True, help="Also .csv and .parquet files, as presscue analyze takes them.")
@click.option("--forget", is_flag=True, help="Take recordings that are no longer there out of the dataset.")
@common
def analyze(
    folders: tuple[str, ...],
    out: str,
    scheduler: str | None,
    workers: int | None,
    retries: int,
    tables: bool,
    forget: bool,
    quiet: bool,
) -> int:
    """Analyse all recordings in and below each DIR, a folder or an address such as s3://bucket/clinic.

    Only what is new, changed, or was analysed by another version. What a journal beside a recording says is laid over
    the results. Stop it with Ctrl-C, and run it again to go on.
    """
    from ..fleet.analysis import run_analyze

    return run_analyze(
        folders, out, scheduler=scheduler, workers=(os.cpu_count() or 1) if workers is None else workers,
        retries=retries, tables=tables, forget=forget, quiet=quiet,
    )  # fmt: skip


@fleet.command()
@click.argument("dataset", metavar="DATASET")
@click.argument("question", required=False)
@click.option("--sql", metavar="SQL", help="Ask anything of sessions, sets, reps and events.")
@click.option(
    "--format", "form", type=click.Choice(("table", "csv", "json")), default="table", show_default=True,
    help="Of the answer.",
)  # fmt: skip
@click.option("--to", type=FILE, metavar="FILE", help="Write the answer there.")
@click.option("--html", type=FILE, metavar="OUT.html", help="Write an overview of the dataset as a page.")
@common
def query(
    dataset: str, question: str | None, sql: str | None, form: str, to: Path | None, html: Path | None, quiet: bool
) -> int:
    """Ask a dataset one of the ready-made questions, or anything with --sql. Without a question, lists them."""
    from ..fleet.query import run_query

    return run_query(dataset, question, sql=sql, form=form, to=to, html=html, quiet=quiet)
