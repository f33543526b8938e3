#include "coordinator/analysis/student.h"

#include "coordinator/analysis/proportion.h"

namespace wattfleet::coordinator {

double StudentT975(double degrees) {
  const double z = kZ95;
  const double z3 = z * z * z;
  const double z5 = z3 * z * z;
  const double z7 = z5 * z * z;
  const double g1 = (z3 + z) / 4;
  const double g2 = (5 * z5 + 16 * z3 + 3 * z) / 96;
  const double g3 = (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / 384;
  return z + (g1 + (g2 + g3 / degrees) / degrees) / degrees;
}

}  // namespace wattfleet::coordinator
