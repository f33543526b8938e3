// Linked into every program of the tsan preset, and nowhere else.
//
// The system's gRPC, and what Abseil does within itself (counted status messages, the graph of its
// mutexes, the first load of a time zone), are built without ThreadSanitizer: their own ordering is
// invisible, and what they do looks like races. What a race within one of our gRPC
// callbacks would be is hidden with it; those callbacks only parse, lock and post.

extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libgrpc.so\n"
         "race:libgrpc.so\n"
         "race:libgrpc++.so\n"
         "race:libabsl_graphcycles_internal.so\n"
         "race:libabsl_status.so\n"
         "race:libabsl_time_zone.so\n"
         "race:libupb.so\n";
}
