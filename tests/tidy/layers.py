"""Who may include whom: one row per folder.

A folder may include itself and what its row lists: a folder (with all below it), one header, or
"folder/*.h" for the headers of a folder without those below it.
Rows are looked up by the longest match; "agent/backend/*" stands for each folder below that one.
Adding a folder means adding its row here, in the same change.
"""

# What decides may know: values and seams, nothing of the outside world.
FOUNDATION = ("common/check", "common/domain", "common/random", "common/status", "common/task",
              "common/time")

ROWS = {
    "common/check": (),
    "common/status": (),
    "common/time": (),
    "common/random": ("common/check",),
    "common/domain": ("common/check",),
    "common/energy": ("common/check", "common/domain"),
    "common/trace": ("common/check", "common/domain", "common/energy"),
    "common/task": ("common/check", "common/time"),
    "common/config": ("common/domain", "common/status"),
    "common/wire": ("common/check", "common/domain", "common/status", "proto"),
    "common/grpc": ("common/check", "common/domain", "common/status", "proto"),
    "common/http": FOUNDATION,
    "common/process": FOUNDATION,
    "common/tls": FOUNDATION,

    "coordinator/fleet": FOUNDATION,
    "coordinator/lease": FOUNDATION + ("coordinator/store/records.h",),
    "coordinator/plan": FOUNDATION + ("coordinator/store/records.h",),
    "coordinator/core": FOUNDATION + (
        "coordinator/fleet", "coordinator/lease", "coordinator/plan",
        "coordinator/store/records.h", "coordinator/store/store.h"),
    "coordinator/store": FOUNDATION + ("common/wire", "proto"),
    "coordinator/workload": FOUNDATION,
    "coordinator/math": FOUNDATION,
    "coordinator/grading": FOUNDATION + ("common/wire", "coordinator/math"),
    "coordinator/analysis": FOUNDATION,
    "coordinator/report": FOUNDATION + (
        "common/wire/body.h", "coordinator/analysis", "coordinator/store/records.h", "coordinator/store/sweep_view.h",
        "coordinator/workload/workload.h"),
    "coordinator/audit": FOUNDATION + (
        "common/energy", "common/trace", "common/wire", "coordinator/analysis",
        "coordinator/grading/grade_result.h", "coordinator/grading/grader.h", "coordinator/report", "coordinator/store/records.h", "coordinator/store/sweep_view.h",
        "coordinator/workload/workload.h"),
    "coordinator/security": FOUNDATION + ("coordinator/store/store.h",),
    "coordinator/config": FOUNDATION + ("common/config", "coordinator/plan"),
    # Out of a store and into one.
    "coordinator/exchange": FOUNDATION + (
        "common/trace", "common/wire", "coordinator/analysis/columns.h", "coordinator/config", "coordinator/plan",
        "coordinator/report", "coordinator/store", "coordinator/workload"),
    "coordinator/service": FOUNDATION + (
        "common/grpc", "common/trace", "common/wire", "proto", "coordinator/analysis",
        "coordinator/audit", "coordinator/config",
        "coordinator/core", "coordinator/fleet", "coordinator/grading", "coordinator/plan",
        "coordinator/report", "coordinator/security", "coordinator/store",
        "coordinator/workload"),
    "coordinator/web": FOUNDATION + (
        "coordinator/analysis", "coordinator/report", "coordinator/store/sweep_view.h",
        "coordinator/workload/workload.h"),
    "coordinator/cli": FOUNDATION + (
        "common/config", "common/grpc", "common/process", "proto", "coordinator/config",
        "coordinator/exchange", "coordinator/plan", "coordinator/report", "coordinator/service/stored_audit.h",
        "coordinator/service/stored_compare.h", "coordinator/service/stored_report.h",
        "coordinator/store",
        "coordinator/workload"),
    # main.cc, which wires everything.
    "coordinator": ("common", "coordinator", "proto"),

    "agent/contention": FOUNDATION + ("common/process", "agent/power/nvml"),
    "agent/drive": FOUNDATION + (
        "common/energy/request_fate.h", "agent/contention/contention_watch.h", "common/wire", "agent/backend/inference_backend.h", "agent/energy/energy_account.h",
        "agent/energy/energy_meter.h"),
    "agent/energy": FOUNDATION + ("common/energy", "common/trace", "agent/power/*.h"),
    "agent/doctor": FOUNDATION + (
        "common/energy", "agent/backend/inference_backend.h", "agent/energy/live_power.h",
        "agent/engine/engine_supervisor.h", "agent/power/*.h"),
    "agent/core": FOUNDATION + (
        "common/wire", "agent/contention/contention_watch.h", "agent/drive",
        "agent/backend/inference_backend.h", "agent/energy",
        "agent/engine/engine_supervisor.h", "agent/link/coordinator_link.h",
        "agent/spool/spool.h"),
    "agent/spool": FOUNDATION + ("common/wire", "proto"),
    "agent/link": FOUNDATION + ("common/grpc", "common/wire", "proto"),
    "agent/engine": FOUNDATION + (
        "common/http", "common/process", "agent/backend/inference_backend.h",
        "agent/backend/open_backend.h"),
    "agent/backend": FOUNDATION + ("common/http", "common/wire"),
    "agent/backend/*": FOUNDATION + (
        "common/http", "common/wire", "agent/backend/*.h"),
    # The sampler and the list of sources.
    "agent/power": FOUNDATION + ("common/energy", "common/http", "common/process"),
    "agent/power/*": FOUNDATION + (
        "common/energy", "common/http", "common/process", "agent/power/*.h"),
    "agent/power/energy_monitor": FOUNDATION + (
        "common/energy", "common/grpc", "proto", "agent/power/*.h"),
    "agent/monitor": FOUNDATION + (
        "common/energy", "common/grpc", "proto", "agent/energy/*.h", "agent/power/*.h"),
    # Devices are named as their power sources name them.
    "agent/accelerator": FOUNDATION + (
        "common/process", "agent/power/*.h", "agent/power/amd_smi/amd_gpu_library.h",
        "agent/power/nvml"),
    "agent/config": FOUNDATION + (
        "common/config", "agent/drive/warm_up.h", "agent/energy/baseline_options.h", "agent/engine/engine_supervisor.h",
        "agent/power/power_config.h"),
    "agent/cli": FOUNDATION + (
        "common/grpc", "common/process", "agent/accelerator", "agent/backend", "agent/config",
        "agent/contention", "agent/core",
        "agent/doctor", "agent/drive", "agent/energy", "agent/engine", "agent/link", "agent/monitor", "agent/power",
        "agent/spool"),
    # main.cc, which wires everything.
    "agent": ("common", "agent", "proto"),

    "tests": ("agent", "common", "coordinator", "proto", "tests"),
    "proto": (),
}

# Third-party and system headers: pattern -> folders (or files) that may include them.
THIRD_PARTY = {
    r"sqlite3\.h": ("coordinator/store", "coordinator/workload", "tests"),
    r"grpcpp/|grpc/": ("common/grpc", "coordinator/service", "coordinator/main.cc", "agent/link",
                       "agent/monitor", "agent/power/energy_monitor",
                       "coordinator/cli/grpc_fleet_client.cc", "tests"),
    r"google/protobuf/|wattfleet/v1/": (
        "common/grpc", "common/wire", "coordinator/service", "coordinator/store", "agent/link",
        "agent/spool", "coordinator/cli/grpc_fleet_client.cc", "tests"),
    r"energy/energy_monitor\.": ("agent/monitor", "agent/power/energy_monitor", "tests"),
    r"yaml-cpp/": ("common/config", "coordinator/config", "agent/config"),
    r"curl/": ("common/http", "tests/bench"),
    r"httplib\.h": ("coordinator/web", "tests"),
    r"simdjson\.h": ("coordinator/workload", "agent/backend/replay", "agent/backend/openai",
                     "agent/backend/ollama", "tests"),
    r"nlohmann/": ("coordinator/audit", "coordinator/report", "coordinator/web", "coordinator/cli",
                   "coordinator/service", "coordinator/workload", "coordinator/store",
                   "coordinator/exchange", "agent", "common/http", "tests"),
    r"re2/": ("coordinator/grading", "tests"),
    r"openssl/": ("coordinator/security", "coordinator/grading", "coordinator/plan", "coordinator/workload",
                  "common/tls", "tests"),
    r"zstd\.h": ("common/trace", "common/wire", "coordinator/exchange", "coordinator/workload", "agent/backend", "agent/power", "agent/spool", "tests"),
    r"zlib\.h": ("coordinator/workload", "agent/backend", "tests"),
    r"xxhash\.h": ("common/wire", "coordinator/store", "coordinator/workload", "agent/backend",
                   "agent/spool", "tests"),
    r"CLI/": ("coordinator/cli", "agent/cli", "agent/main.cc", "coordinator/main.cc"),
    r"spdlog/": ("agent", "coordinator"),
    r"dlfcn\.h": ("agent/power", "agent/accelerator", "common/check/tsan_absl.cc", "tests"),
}

# Pattern on code without comments and strings -> (reason, where it is allowed).
BANNED_CALLS = {
    r"\.detach\(\)": ("threads are owned and joined", ()),
    r"\b\w*_clock::now\(|\bstd::time\(|\bgettimeofday\(|\bclock_gettime\(":
        ("ask the Clock", ("common/time", "tests/bench")),
    r"\bsleep_for\(|\bsleep_until\(|\busleep\(|\bnanosleep\(":
        ("post to a TaskRunner, or wait for a condition", ("common/task",)),
    r"\brandom_device\b|\bs?rand\(|\bstd::\w+_distribution\b":
        ("take a seeded Random", ("common/random",)),
    r"\bstd::thread\s+\w|\bstd::thread\(|\bstd::async\(":
        ("use std::jthread in a class that joins it", ()),
    r"\bstd::regex\b": ("RE2 is linear; std::regex is not", ()),
    r"\bstd::system\(|\bpopen\(": ("start programs through ProcessLauncher", ("common/process",)),
    r"\bstd::cout\b|\bstd::cerr\b|(?<![\w:])printf\(|\bstd::printf\(":
        ("printing is for cli and main", (
            "coordinator/cli", "agent/cli", "coordinator/main.cc", "agent/main.cc", "tests")),
    r"\busing namespace\b(?! std::\w*literals\b)": ("name what you use", ()),
    r"\bcatch \(\.\.\.\)": ("handle what a call can throw, or let it end the program", ()),
}

# Names that say "does something about X". The nouns are in docs/architecture.md.
VAGUE_FILE = r"(^|_)(utils?|helpers?|misc|managers?|common_types|infos?|stuff)(_|\.)"
VAGUE_TYPE = (r"\b(?:class|struct|enum class|enum)\s+(?:\[\[\w+\]\]\s+)?"
              r"(\w*(?:Manager|Helper|Helpers|Util|Utils|Processor|Handler|Info|Data|Misc|Impl|"
              r"Interface))\b(?=[^;]*\{)")
