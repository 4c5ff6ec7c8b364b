"""The same eleven figures, each engine as a good user of it would have them computed. One process computes once."""
