// wattfleet-agent: runs beside an accelerator and works for a coordinator.

#include "agent/cli/command_line.h"

int main(int argc, char** argv) {
  return wattfleet::agent::RunCommandLine(argc, argv, WF_VERSION);
}
