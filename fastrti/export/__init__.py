"""Exports: an object written for other people's programs, one file a target."""
