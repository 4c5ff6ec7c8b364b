"""What the data are called in SDMX 2.1, and messages of them. Knows no request; `indicators.api.sdmx` answers."""
