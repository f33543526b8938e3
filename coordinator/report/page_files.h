#ifndef WF_COORDINATOR_REPORT_PAGE_FILES_H_
#define WF_COORDINATOR_REPORT_PAGE_FILES_H_

#include <span>

namespace wattfleet::coordinator {

// A file of coordinator/report/page, or a part of d3, as the build read it.
struct PageFile {
  const char* name;
  const char* sha256;  // of `text`, hexadecimal
  const char* text;
};

extern const PageFile kPageStyle;
// d3's, which go wherever its scripts go.
extern const char* const kPageLicences;
// In the order in which they have to run.
std::span<const PageFile> PageScripts();

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_PAGE_FILES_H_
