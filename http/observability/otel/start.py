"""The start: a provider that sends spans to a collector, by OTLP over HTTP, as the usual variables say."""

from __future__ import annotations

from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from seatkeeper.http.observability.otel.tracer import OpenTelemetryTracer


def tracer_from_environment() -> OpenTelemetryTracer:
    """Make a tracer; the SDK reads OTEL_EXPORTER_OTLP_*, OTEL_TRACES_SAMPLER*, OTEL_BSP_* and the like by itself."""
    provider = TracerProvider(resource=resource(), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return OpenTelemetryTracer(provider)


def resource() -> Resource:
    """Say who sends: `seatkeeper`, unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES has another name."""
    named = OTELResourceDetector().detect().attributes.get(SERVICE_NAME) or "seatkeeper"
    return Resource.create({SERVICE_NAME: named, SERVICE_VERSION: version("seatkeeper")})
