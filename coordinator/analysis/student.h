#ifndef WF_COORDINATOR_ANALYSIS_STUDENT_H_
#define WF_COORDINATOR_ANALYSIS_STUDENT_H_

namespace wattfleet::coordinator {

// The 0.975 quantile of Student's t distribution with `degrees` >= 10 degrees of freedom, to 1e-4
// (Abramowitz and Stegun, 26.7.5).
double StudentT975(double degrees);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_STUDENT_H_
