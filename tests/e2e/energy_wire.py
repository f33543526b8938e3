"""The messages of energy.EnergyMonitor, made from the field numbers alone: no compiler, none of the
project's own files. Whoever reads or serves the protocol with these is an independent peer."""
import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

DOUBLE, STRING, INT64, UINT32, UINT64, BOOL, MESSAGE = 1, 9, 3, 13, 4, 8, 11

NINE = {
    "power_watts": (1, DOUBLE), "energy_joules": (2, DOUBLE), "temperature_celsius": (3, DOUBLE),
    "gpu_memory_usage_mb": (4, DOUBLE), "cpu_memory_usage_mb": (5, DOUBLE),
    "platform": (6, STRING), "timestamp_nanos": (7, INT64),
    "system_info": (8, "SystemInfo"), "gpu_info": (9, "GpuInfo"),
}
SEVENTEEN = {
    **NINE,
    "cpu_power_watts": (10, DOUBLE), "cpu_energy_joules": (11, DOUBLE),
    "ane_power_watts": (12, DOUBLE), "ane_energy_joules": (13, DOUBLE),
    "gpu_compute_utilization_pct": (14, DOUBLE),
    "gpu_memory_bandwidth_utilization_pct": (15, DOUBLE),
    "gpu_tensor_core_utilization_pct": (16, DOUBLE), "gpu_memory_total_mb": (17, DOUBLE),
}
OTHERS = {
    "HealthRequest": {}, "StreamRequest": {},
    "HealthResponse": {"healthy": (1, BOOL), "platform": (2, STRING)},
    "SystemInfo": {"os_name": (1, STRING), "os_version": (2, STRING), "kernel_version": (3, STRING),
                   "host_name": (4, STRING), "cpu_count": (5, UINT32), "cpu_brand": (6, STRING)},
    "GpuInfo": {"name": (1, STRING), "vendor": (2, STRING), "device_id": (3, UINT64),
                "device_type": (4, STRING), "backend": (5, STRING)},
}


class Wire:
    """The messages as a peer of nine or of seventeen fields knows them."""

    HEALTH = "/energy.EnergyMonitor/Health"
    STREAM = "/energy.EnergyMonitor/StreamTelemetry"

    def __init__(self, reading_fields):
        file = descriptor_pb2.FileDescriptorProto(
            name=f"wire{len(reading_fields)}.proto", package="energy", syntax="proto3")
        for name, fields in {**OTHERS, "TelemetryReading": reading_fields}.items():
            message = file.message_type.add(name=name)
            for field, (number, kind) in fields.items():
                proto = message.field.add(name=field, number=number, label=1)
                proto.type = MESSAGE if isinstance(kind, str) else kind
                if isinstance(kind, str):
                    proto.type_name = f".energy.{kind}"
        pool = descriptor_pool.DescriptorPool()
        pool.Add(file)
        factory = message_factory.MessageFactory(pool)
        for name in [*OTHERS, "TelemetryReading"]:
            setattr(self, name,
                    factory.GetPrototype(pool.FindMessageTypeByName(f"energy.{name}")))

    def health(self, channel, timeout=10):
        call = channel.unary_unary(self.HEALTH, self.HealthRequest.SerializeToString,
                                   self.HealthResponse.FromString)
        return call(self.HealthRequest(), timeout=timeout)

    def stream(self, channel, timeout=60):
        call = channel.unary_stream(self.STREAM, self.StreamRequest.SerializeToString,
                                    self.TelemetryReading.FromString)
        return call(self.StreamRequest(), timeout=timeout)

    def handler(self, health, stream):
        """`health()` gives (healthy, platform), `stream()` the readings of one subscriber."""
        def answer_health(_request, _context):
            healthy, platform = health()
            return self.HealthResponse(healthy=healthy, platform=platform)

        def answer_stream(_request, context):
            for reading in stream(context):
                yield reading

        return grpc.method_handlers_generic_handler("energy.EnergyMonitor", {
            "Health": grpc.unary_unary_rpc_method_handler(
                answer_health, self.HealthRequest.FromString,
                self.HealthResponse.SerializeToString),
            "StreamTelemetry": grpc.unary_stream_rpc_method_handler(
                answer_stream, self.StreamRequest.FromString,
                self.TelemetryReading.SerializeToString),
        })
