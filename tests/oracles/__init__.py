"""Implementations of others (``published``) and compact ones written from the papers (``vision``, ``sequences``,
``others``), to compare with."""
