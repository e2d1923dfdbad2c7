# SPDX-License-Identifier: GPL-2.0-only
"""Shared by the system tests: the mark for what only `make test-full` runs."""


def pytest_configure(config):
    """Declare our mark."""
    config.addinivalue_line("markers", "full: takes long; only in make test-full")
