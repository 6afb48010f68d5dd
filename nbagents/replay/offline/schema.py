"""Build a value that satisfies a JSON schema, drawing on evidence where there is some."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbagents.replay.offline.leaf import MISSING, fits, sample

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Builder", "Built"]

Schema = dict[str, Any]

_DEEPEST = 12  # a schema that must nest deeper than this cannot be met by a finite value


@dataclass(frozen=True)
class Built:
    """A value for a schema.

    Attributes:
        value: The value.
        found: Leaves that evidence gave.
        missing: Names of required leaves that no evidence and no default gave.
    """

    value: Any
    found: int = 0
    missing: tuple[str, ...] = ()


@dataclass
class Builder:
    """Builds values for one schema document.

    Attributes:
        root: The whole document, where ``$ref`` points into.
        find: Called with a leaf's name and schema; gives a value, or ``MISSING`` where there is no evidence.
        others: Names of the leaves built so far, for the caller.
    """

    root: Schema
    find: Callable[[str, Schema], Any]
    _stack: list[str] = field(default_factory=list)

    def build(self, name: str = "") -> Built:
        """Build a value for the whole document."""
        return self._build(name, self.root)

    def _build(self, name: str, schema: Schema) -> Built:
        pointer = schema.get("$ref")
        if not isinstance(pointer, str):
            return self._branches(name, schema)
        if len(self._stack) >= _DEEPEST:
            return Built(None)
        self._stack.append(pointer)
        try:
            siblings = {key: value for key, value in schema.items() if key != "$ref"}
            return self._branches(name, {**self._resolve(pointer), **siblings})
        finally:
            self._stack.pop()

    def _resolve(self, pointer: str) -> Schema:
        target: Any = self.root
        for key in pointer.removeprefix("#").split("/")[1:]:
            target = target.get(key.replace("~1", "/").replace("~0", "~"), {}) if isinstance(target, dict) else {}
        return target if isinstance(target, dict) else {}

    def _branches(self, name: str, schema: Schema) -> Built:
        schema = self._merged(schema)
        options = _options(schema)
        if options is None:
            return self._plain(name, schema)
        if self._recursive():
            empty = [option for option in options if option.get("type") == "null"]
            options = empty or sorted(options, key=lambda option: "$ref" in option)
        nullable = any(option.get("type") == "null" for option in options)
        built = [self._build(name, option) for option in options if option.get("type") != "null"]
        best = max(built, key=lambda one: (one.found, -len(one.missing)), default=Built(None))
        if best.found:
            return best
        if "default" in schema:
            return Built(schema["default"])
        return Built(None) if nullable else best

    def _merged(self, schema: Schema) -> Schema:
        parts = schema.get("allOf")
        if not isinstance(parts, list):
            return schema
        merged = {key: value for key, value in schema.items() if key != "allOf"}
        for part in parts:
            resolved = self._merged(self._resolve(part["$ref"]) if "$ref" in part else part)
            for key, value in resolved.items():
                merged[key] = _merge(key, merged.get(key), value)
        return merged

    def _plain(self, name: str, schema: Schema) -> Built:
        if "const" in schema:
            return Built(schema["const"])
        kind = schema.get("type")
        if "enum" not in schema and (kind == "object" or (kind is None and "properties" in schema)):
            return self._object(schema)
        if "enum" not in schema and kind == "array":
            return self._array(name, schema)
        return self._leaf(name, schema)

    def _leaf(self, name: str, schema: Schema) -> Built:
        value = MISSING if self._recursive() else self.find(name, schema)
        if value is not MISSING and fits(value, schema):
            return Built(value, found=1)
        if "default" in schema:
            return Built(schema["default"])
        return Built(sample(name, schema), missing=() if schema.get("type") == "null" else (name,))

    def _object(self, schema: Schema) -> Built:
        required = set(schema.get("required", ()))
        parts: dict[str, Built] = {}
        for name, child in schema.get("properties", {}).items():
            if name not in required and self._recursive():
                continue
            built = self._build(name, child if isinstance(child, dict) else {})
            if name in required or built.found:
                parts[name] = built
        value = {name: built.value for name, built in parts.items()}
        for name in sorted(required - value.keys()):  # required, yet not described
            value[name] = None
        self._fill_up(value, schema)
        return Built(
            value,
            sum(one.found for one in parts.values()),
            tuple(m for one in parts.values() for m in one.missing),
        )

    def _fill_up(self, value: dict[str, Any], schema: Schema) -> None:
        extra = schema.get("additionalProperties")
        for number in range(len(value), schema.get("minProperties", 0)):
            value[f"key{number + 1}"] = self._build("", extra).value if isinstance(extra, dict) else None

    def _array(self, name: str, schema: Schema) -> Built:
        fixed = schema.get("prefixItems")
        if isinstance(fixed, list):
            built = [self._build(name, one) for one in fixed]
            return Built([one.value for one in built], sum(one.found for one in built))
        items = self._merged(schema["items"]) if isinstance(schema.get("items"), dict) else {}
        found = MISSING if self._recursive() else self.find(name, {**schema, "items": self._target(items)})
        if found is not MISSING and isinstance(found, list):
            distinct = [one for at, one in enumerate(found) if one not in found[:at]]
            kept = distinct[: schema.get("maxItems", len(distinct))]
            if kept and len(kept) >= schema.get("minItems", 0):
                return Built(kept, found=1)
        return self._padded(name, schema, items)

    def _padded(self, name: str, schema: Schema, items: Schema) -> Built:
        wanted = schema.get("minItems", 0)
        if not wanted and self._is_object(items) and not self._recursive() and len(self._stack) < _DEEPEST:
            one = self._build(name, items)
            if one.found:
                return Built([one.value][: schema.get("maxItems", 1)], one.found)
        if "default" in schema and len(schema["default"] or ()) >= wanted:
            return Built(schema["default"])
        padding = [self._build(name, items).value for _ in range(wanted)]
        if schema.get("uniqueItems"):
            padding = _distinct(padding, self._target(items))
        return Built(padding, missing=(name,) if wanted else ())

    def _target(self, schema: Schema) -> Schema:
        return self._resolve(schema["$ref"]) if isinstance(schema.get("$ref"), str) else schema

    def _is_object(self, schema: Schema) -> bool:
        return self._target(schema).get("type") == "object"

    def _recursive(self) -> bool:
        return bool(self._stack) and (self._stack.count(self._stack[-1]) > 1 or len(self._stack) >= _DEEPEST)


def _options(schema: Schema) -> list[Schema] | None:
    for word in ("anyOf", "oneOf"):
        if isinstance(schema.get(word), list):
            # What stands beside the choice ("description", "title") holds for each of its options.
            shared: Schema = {key: schema[key] for key in ("description", "title") if key in schema}
            return [{**shared, **option} for option in schema[word]]
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return [{"type": "null"} if kind == "null" else {**_without_null(schema), "type": kind} for kind in kinds]
    return None


def _without_null(schema: Schema) -> Schema:
    if "enum" not in schema:
        return schema
    return {**schema, "enum": [value for value in schema["enum"] if value is not None]}


def _merge(key: str, old: Any, new: Any) -> Any:  # noqa: ANN401 - schema values are any JSON
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **new}
    if key == "required" and isinstance(old, list):
        return [*old, *new]
    return new


def _distinct(values: list[Any], items: Schema) -> list[Any]:
    allowed = items.get("enum")
    if isinstance(allowed, list):
        return allowed[: len(values)]
    start = items.get("minimum", 1)
    distinct = [
        f"{value}{number + 1}" if isinstance(value, str) else start + number for number, value in enumerate(values)
    ]
    return distinct if all(fits(value, items) for value in distinct) else values
