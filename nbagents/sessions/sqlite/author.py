"""Who makes an edit, as far as the machine knows."""

from __future__ import annotations

import getpass
import os

__all__ = ["author"]


def author() -> str:
    """Return the user of JupyterHub where there is one, else of the operating system, else ``"unknown"``."""
    name = os.environ.get("JUPYTERHUB_USER")
    if name:
        return name
    try:
        return getpass.getuser() or "unknown"
    except (OSError, KeyError, ImportError):  # a container may have no entry for its user
        return "unknown"
