"""The interface for programs under /api/: reading lists and objects as JSON, CSV or Excel, described by an OpenAPI document."""
