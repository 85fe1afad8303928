"""Spans, with OpenTelemetry: an extra, which only this room knows."""
