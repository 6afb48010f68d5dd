"""What the model is called that an agent or a run stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.models import get_default_model

if TYPE_CHECKING:
    from agents import Model

__all__ = ["model_name"]


def model_name(model: str | Model | None) -> str:
    """Return a model's name: its own, that of the model itself, or for None that of the SDK's default.

    Example:
        >>> model_name("gpt-4o")
        'gpt-4o'
    """
    if model is None or isinstance(model, str):
        return model or get_default_model()
    return str(getattr(model, "model", type(model).__qualname__))
