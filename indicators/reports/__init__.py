"""What pages and files show: dataclasses built from what is stored, in a fixed small number of queries. Nothing is computed
here but sums of what is shown."""
