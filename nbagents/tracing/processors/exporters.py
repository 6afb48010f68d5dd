"""Traces to other tools as well, through those tools' own packages; what was registered before stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from nbagents._optional import require
from nbagents.errors import ConfigError
from nbagents.tracing.capture.presence import keep_registered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["EXPORTERS", "add_exporter"]

_added: dict[str, dict[str, Any]] = {}


def add_exporter(name: str, **options: Any) -> None:  # noqa: ANN401 - each package's own options
    """Send every trace of this process to another tool too; nbagents' own view and your processors stay.

    The tool's own package reads the runs itself, so what it sends, and what it leaves out, is its to say: it does
    not take out secrets as nbagents does.

    Args:
        name: ``"logfire"``, ``"braintrust"``, ``"agentops"``, or ``"otlp"`` for any OpenTelemetry collector:
            Phoenix, Langfuse, Jaeger and others.
        options: What the package takes: of ``logfire.configure``, ``braintrust.init_logger``, ``agentops.init``,
            or, for ``"otlp"``, of OpenTelemetry's ``OTLPSpanExporter`` (``endpoint``, ``headers``, ``timeout``)
            and ``service_name``.

    Raises:
        ConfigError: There is no such exporter, or it was added with other options.
        MissingExtraError: Its package is not installed; the message holds the command that installs it.

    Example:
        >>> add_exporter("phoenix")
        Traceback (most recent call last):
            ...
        nbagents.errors.ConfigError: there is no exporter 'phoenix'; there are agentops, braintrust, logfire, otlp
    """
    add = EXPORTERS.get(name)
    if add is None:
        raise ConfigError(
            f"there is no exporter {name!r}; there are {', '.join(sorted(EXPORTERS))}", name="name", value=name
        )
    if name in _added:
        if _plain(_added[name]) != _plain(options):
            raise ConfigError(
                f"{name} was added with other options; restart the kernel to change them",
                name="options",
                value=options,
            )
        return
    with keep_registered():
        add(**options)
    _added[name] = options


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out objects that a cell makes anew each time it runs."""
    return {
        key: value for key, value in options.items() if isinstance(value, (str, int, float, dict, list, tuple))
    }


def _logfire(**options: Any) -> None:  # noqa: ANN401 - see add_exporter
    logfire = require("logfire", extra="logfire")
    logfire.configure(**options)
    logfire.instrument_openai_agents()


def _braintrust(**options: Any) -> None:  # noqa: ANN401 - see add_exporter
    from agents.tracing import add_trace_processor

    braintrust = require("braintrust", extra="braintrust")
    processors = require("braintrust.integrations.openai_agents", extra="braintrust")
    add_trace_processor(processors.BraintrustTracingProcessor(braintrust.init_logger(**options)))


def _agentops(**options: Any) -> None:  # noqa: ANN401 - see add_exporter
    require("agentops", extra="agentops").init(**options)


def _otlp(*, service_name: str = "nbagents", endpoint: str | None = None, **options: Any) -> None:  # noqa: ANN401 - see add_exporter
    instrumentation = require("openinference.instrumentation.openai_agents", extra="otlp")
    otlp = require("opentelemetry.exporter.otlp.proto.http.trace_exporter", extra="otlp")
    sdk = require("opentelemetry.sdk.trace", extra="otlp")
    export = require("opentelemetry.sdk.trace.export", extra="otlp")
    resources = require("opentelemetry.sdk.resources", extra="otlp")
    provider = sdk.TracerProvider(resource=resources.Resource.create({"service.name": service_name}))
    exporter = otlp.OTLPSpanExporter(endpoint=None if endpoint is None else _traces_url(endpoint), **options)
    provider.add_span_processor(export.BatchSpanProcessor(exporter))
    instrumentation.OpenAIAgentsInstrumentor().instrument(tracer_provider=provider, exclusive_processor=False)


def _traces_url(endpoint: str) -> str:
    """Return the address that takes traces; a collector's own address is made whole, as OpenTelemetry does.

    Example:
        >>> _traces_url("http://localhost:6006"), _traces_url("https://example.com/otel/v1/traces")
        ('http://localhost:6006/v1/traces', 'https://example.com/otel/v1/traces')
    """
    parts = urlsplit(endpoint)
    return urlunsplit(parts._replace(path="/v1/traces")) if parts.path in {"", "/"} else endpoint


EXPORTERS: Mapping[str, Callable[..., None]] = {
    "agentops": _agentops,
    "braintrust": _braintrust,
    "logfire": _logfire,
    "otlp": _otlp,
}
