"""What an agent is made of, as a hash: the same agent goes on where it was, a changed one starts anew."""

from __future__ import annotations

from dataclasses import fields
from hashlib import sha256
from types import CodeType
from typing import Any

from agents import Agent, FunctionTool, Handoff, ModelSettings

from nbagents.run.model_name import model_name
from nbagents.tracing.capture.encode import encode

__all__ = ["fingerprint"]


def fingerprint(agent: Agent[Any]) -> str:
    """Return a hash of all that an agent's answers depend on: its words, model, settings, tools and their code.

    Example:
        >>> one, same, other = Agent(name="A"), Agent(name="A"), Agent(name="A", instructions="Be brief.")
        >>> fingerprint(one) == fingerprint(same), fingerprint(one) == fingerprint(other)
        (True, False)
    """
    return sha256(encode(_agent(agent, set())).encode()).hexdigest()[:32]


def _agent(agent: Agent[Any], seen: set[int]) -> dict[str, Any] | str:
    if id(agent) in seen:  # agents may hand off to each other
        return agent.name
    seen.add(id(agent))
    return {
        "name": agent.name,
        "instructions": _code(agent.instructions),
        "prompt": _code(agent.prompt),
        "model": model_name(agent.model),
        "settings": _settings(agent.model_settings),
        "tools": [_tool(tool) for tool in agent.tools],
        "handoffs": [_handoff(each, seen) for each in agent.handoffs],
        "output": _output(agent.output_type),
        "tool_use": _code(agent.tool_use_behavior),
        "guardrails": [_code(one.guardrail_function) for one in agent.input_guardrails + agent.output_guardrails],
    }


def _settings(settings: ModelSettings) -> dict[str, Any]:
    found = {field.name: getattr(settings, field.name) for field in fields(settings)}
    return {name: value for name, value in found.items() if value is not None and name not in {"retry", "timeout"}}


def _tool(tool: Any) -> Any:  # noqa: ANN401 - the SDK's tools have no common base
    if isinstance(tool, FunctionTool):
        code = _code(getattr(tool, "__wrapped__", None))
        return [tool.name, tool.description, tool.params_json_schema, code]
    return [type(tool).__qualname__, getattr(tool, "name", None)]


def _handoff(each: Agent[Any] | Handoff[Any, Any], seen: set[int]) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(each, Agent):
        return _agent(each, seen)
    return [each.tool_name, each.tool_description, each.input_json_schema]


def _output(kind: Any) -> Any:  # noqa: ANN401 - a type, or the SDK's schema
    if kind is None or kind is str:
        return None
    from agents import AgentOutputSchema, AgentOutputSchemaBase

    schema = kind if isinstance(kind, AgentOutputSchemaBase) else AgentOutputSchema(kind, strict_json_schema=False)
    return schema.json_schema()


def _code(value: Any) -> Any:  # noqa: ANN401 - text, a function, or what is already JSON
    code = getattr(value, "__code__", None)
    return _parts(code) if isinstance(code, CodeType) else value


def _parts(code: CodeType) -> list[Any]:
    """What a function does, without the cell and the line it was written on."""
    constants = [_parts(one) if isinstance(one, CodeType) else repr(one) for one in code.co_consts]
    return [code.co_code.hex(), constants, list(code.co_names)]
