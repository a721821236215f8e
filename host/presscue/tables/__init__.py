"""Recordings of any sensor, as tables: CSV and Parquet, read in pieces into blocks of `results.Samples`."""

from .table import Batch, Table, open_table

__all__ = ["Batch", "Table", "open_table"]
