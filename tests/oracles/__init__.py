"""Implementations of others (``published``) and compact ones written from the papers (``by_hand``), to compare with."""
