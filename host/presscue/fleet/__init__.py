"""Many archives at once: every recording analysed, into one Parquet dataset, and questions to it.

schema      the tables of the dataset: columns, and the rows that one recording makes
store       where recordings and datasets lie: folders and any fsspec address
task        one recording, on whatever machine: fetched, analysed, its rows put into the dataset's staging folder
crew        the workers: Dask on this machine or an existing cluster, or none at all
preload     what each worker of our own does first
dataset     what is known already, what is staged, and settling it into the tables
analysis    `presscue fleet analyze`
questions   the ready-made questions, as SQL
query       `presscue fleet query`
overview    the dataset as a page
"""
