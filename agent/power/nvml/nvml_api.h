#ifndef WF_AGENT_POWER_NVML_NVML_API_H_
#define WF_AGENT_POWER_NVML_NVML_API_H_

#include <cstddef>

namespace wattfleet::agent::nvml {

// What we use of NVIDIA's management library: its C interface as it is laid out in memory, named
// as there. The library itself is found at run time.

struct Device;  // opaque
using DeviceHandle = Device*;

enum Return : int {
  kSuccess = 0,
  kUninitialized = 1,
  kInvalidArgument = 2,
  kNotSupported = 3,
  kNoPermission = 4,
  kNotFound = 6,
  kDriverNotLoaded = 9,
  kTimeout = 10,
  kFunctionNotFound = 13,
  kGpuIsLost = 15,
  kResetRequired = 16,
  kLibraryVersionMismatch = 18,
  kGpuNotFound = 28,
  kUnknown = 999,
};

enum FieldId : unsigned {
  kFieldPowerCapTime = 74,     // nanoseconds held back by the power limit
  kFieldThermalTime = 75,      // nanoseconds held back by heat
  kFieldTotalEnergy = 83,      // millijoules since the driver was loaded
  kFieldPowerAverage = 185,    // milliwatts, mean of 1 s
  kFieldPowerInstant = 186,    // milliwatts
  kFieldEnergyOfScope = 191,   // millijoules, of the scope asked for
  kFieldSlowdownTimes = 251,   // nanoseconds by software for heat, hardware for heat, power brake
  kFieldSlowdownTimes13 = 269  // the same three, as newer headers number them
};

// Why clocks are held back now: bits.
enum EventReason : unsigned long long {
  kReasonPowerCap = 0x4,
  kReasonHardwareSlowdown = 0x8,
  kReasonSoftwareThermal = 0x20,
  kReasonHardwareThermal = 0x40,
  kReasonPowerBrake = 0x80,
};

enum ScopeId : unsigned { kScopeGpu = 0, kScopeModule = 1 };

enum ValueType : int {
  kDouble = 0,
  kUnsignedInt = 1,
  kUnsignedLong = 2,
  kUnsignedLongLong = 3,
  kSignedLongLong = 4,
  kSignedInt = 5,
  kUnsignedShort = 6,
};

union Value {
  double d;
  int si;
  unsigned int ui;
  unsigned long ul;
  unsigned long long ull;
  long long sll;
  unsigned short us;
};

struct FieldValue {
  unsigned int field_id;
  unsigned int scope_id;
  long long timestamp_us;  // wall clock
  long long latency_us;
  int value_type;   // ValueType
  int return_code;  // Return; the value counts only when it is kSuccess
  Value value;
};
static_assert(sizeof(FieldValue) == 40 && offsetof(FieldValue, value) == 32);

struct Memory {
  unsigned long long total;
  unsigned long long free;
  unsigned long long used;
};

struct Process {
  unsigned pid;
  unsigned long long used_memory;
  unsigned gpu_instance;
  unsigned compute_instance;
};
static_assert(sizeof(Process) == 24);

struct PciAddress {
  char legacy_bus_id[16];
  unsigned domain;
  unsigned bus;
  unsigned device;
  unsigned device_id;
  unsigned subsystem_id;
  char bus_id[32];  // e.g. "00000000:3B:00.0"
};
static_assert(sizeof(PciAddress) == 68);

enum Architecture : unsigned { kVolta = 5, kAmpere = 7 };

// The library's functions, by their names. A null one is not in this version of the library.
struct Functions {
  int (*Init_v2)() = nullptr;
  int (*Shutdown)() = nullptr;
  const char* (*ErrorString)(int) = nullptr;
  int (*SystemGetDriverVersion)(char*, unsigned) = nullptr;
  int (*SystemGetNVMLVersion)(char*, unsigned) = nullptr;
  int (*DeviceGetCount_v2)(unsigned*) = nullptr;
  int (*DeviceGetHandleByIndex_v2)(unsigned, DeviceHandle*) = nullptr;
  int (*DeviceGetUUID)(DeviceHandle, char*, unsigned) = nullptr;
  int (*DeviceGetName)(DeviceHandle, char*, unsigned) = nullptr;
  int (*DeviceGetArchitecture)(DeviceHandle, unsigned*) = nullptr;
  int (*DeviceGetMemoryInfo)(DeviceHandle, Memory*) = nullptr;
  int (*DeviceGetHandleByUUID)(const char*, DeviceHandle*) = nullptr;
  int (*DeviceGetPciInfo_v3)(DeviceHandle, PciAddress*) = nullptr;
  int (*DeviceGetMigMode)(DeviceHandle, unsigned* current, unsigned* pending) = nullptr;
  int (*DeviceGetMaxMigDeviceCount)(DeviceHandle, unsigned*) = nullptr;
  int (*DeviceGetMigDeviceHandleByIndex)(DeviceHandle, unsigned, DeviceHandle*) = nullptr;
  int (*DeviceGetDeviceHandleFromMigDeviceHandle)(DeviceHandle, DeviceHandle*) = nullptr;
  int (*DeviceGetPersistenceMode)(DeviceHandle, unsigned*) = nullptr;
  int (*DeviceGetEnforcedPowerLimit)(DeviceHandle, unsigned* milliwatts) = nullptr;
  int (*DeviceGetTotalEnergyConsumption)(DeviceHandle, unsigned long long* millijoules) = nullptr;
  int (*DeviceGetPowerUsage)(DeviceHandle, unsigned* milliwatts) = nullptr;
  int (*DeviceGetFieldValues)(DeviceHandle, int count, FieldValue*) = nullptr;
  int (*DeviceGetTemperature)(DeviceHandle, int sensor, unsigned* celsius) = nullptr;
  // Programs that compute on the GPU; `count` says how many fit, and becomes how many there are.
  int (*DeviceGetComputeRunningProcesses_v3)(DeviceHandle, unsigned* count, Process*) = nullptr;
  // Bits of EventReason; older libraries call it DeviceGetCurrentClocksThrottleReasons.
  int (*DeviceGetCurrentClocksEventReasons)(DeviceHandle, unsigned long long*) = nullptr;
};

}  // namespace wattfleet::agent::nvml

#endif  // WF_AGENT_POWER_NVML_NVML_API_H_
