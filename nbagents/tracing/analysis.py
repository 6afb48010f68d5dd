"""What one trace and a group of traces can both be asked: a frame, a figure, a summary."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    import plotly.graph_objects as go

    from nbagents.tracing.measure.lanes import By
    from nbagents.tracing.record import SpanRecord, TraceRecord

__all__ = ["Analysis"]


class Analysis(ABC):
    """Spans on one time axis."""

    @property
    @abstractmethod
    def records(self) -> Sequence[TraceRecord]:
        """The traces, in the order in which they are shown."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What it is called in a title."""

    @property
    @abstractmethod
    def spans(self) -> Sequence[SpanRecord]:
        """The spans in tree order, trace after trace."""

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each span, in tree order; ``nbagents.tracing.columns`` lists the columns."""
        from nbagents.tracing.frame import span_frame

        return span_frame(self.spans)

    def export(self, path: Path | str, format: str | None = None) -> Path:  # noqa: A002 - a file's format has no better name
        """Write it to a file, without secrets as it was stored; what was there is replaced, whole or not at all.

        Args:
            path: The file. ``.html`` is one page that needs nothing, ``.json`` is for Perfetto and chrome://tracing,
                ``.jsonl`` and ``.otlp.json`` (OpenTelemetry) are what ``TraceStore.import_`` reads.
            format: ``"html"``, ``"chrome"``, ``"jsonl"`` or ``"otlp"``, where the suffix does not tell.

        Returns:
            The file.

        Raises:
            ConfigError: The format is another, or does not follow from the suffix.
            TraceFileError: The file cannot be written.
        """
        from nbagents.tracing.files.export import export

        return export(self.records, path, format)

    def gantt(
        self,
        *,
        by: By = "tree",
        critical: bool = False,
        fold_idle: bool = False,
        limit: int = 400,
        height: int | None = None,
    ) -> go.Figure:
        """Return a plain Plotly figure with a bar for each span, to style, put in a subplot or write to a file.

        Where it is displayed it leaves a picture beside it, for pages that show notebooks without Plotly.

        Args:
            by: ``"tree"`` gives each span a row; ``"agent"`` and ``"type"`` give each agent or type a lane.
            critical: Whether the critical path is drawn under the bars.
            fold_idle: Whether gaps in which nothing ran are drawn narrow; marks and ticks tell the true time.
            limit: How many spans at most; the figure says "showing n of m" where there are more.
            height: Of the figure, in pixels; None follows from the number of rows.

        Raises:
            ConfigError: ``by`` is another word, or ``limit`` or ``height`` is not positive.
        """
        from nbagents.tracing.figures.gantt import GanttOptions, gantt_figure
        from nbagents.tracing.static.figure import trace_figure

        options = GanttOptions(by=by, critical=critical, fold_idle=fold_idle, limit=limit, height=height)
        return trace_figure(gantt_figure(self.records, self.name, options))

    def summary(self) -> pd.DataFrame:
        """Return one row for each agent, tool and model (column ``by``), the longest first.

        The other columns are ``count``; ``total``, ``self_time``, ``p50``, ``p90`` and ``p99`` in seconds; tokens;
        ``cost`` in US dollars, NA where a call's price is not known; and ``errors``. Tokens, cost and errors of an
        agent are those of everything that ran under it.
        """
        from nbagents.tracing.measure.summary import summary_frame

        return summary_frame(self.spans)

    def view(self, *, expanded: bool = True) -> Any:  # noqa: ANN401 - a widget, of a layer above this one
        """Return the interactive view: tree, Gantt and details; what still runs is shown as it goes on.

        Args:
            expanded: Whether it starts open rather than as a strip.
        """
        from nbagents._displays import display_class

        store = self.records[0].store if self.records else None
        view = display_class("trace")(self.records, store=store, expanded=expanded)
        view.follow()
        return view

    def _repr_mimebundle_(self, **_options: object) -> Any:  # noqa: ANN401 - what IPython takes: a dict or a pair of them
        from nbagents._location import current_environment, locate
        from nbagents.tracing.static.trace import static_forms

        if locate(current_environment()).live:
            return self.view()._repr_mimebundle_()
        html, text = static_forms(self.records)
        return {"text/plain": text, "text/html": html}

    def __repr__(self) -> str:
        from nbagents.tracing.static.trace import headline

        return f"<{type(self).__name__} {headline(self.records, '  ')}>"
