"""Pages: each view finds, calls one thing, and renders or redirects."""
