"""What the numbers mean, on plain values and whole frames. Nothing here knows Django, the database or the day."""
