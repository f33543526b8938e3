#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "common/domain/flags.h"

namespace wattfleet {
namespace {

std::string Page() {
  std::ifstream file(WF_SOURCE_DIR "/docs/measurement.md");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string FlagTable() {
  std::ostringstream table;
  table << "| flag | bit | means | spoils energy | spoils timing |\n|---|---|---|---|---|\n";
  for (const FlagRow& row : AllFlags()) {
    int bit = 0;
    while (Flags{1} << bit != row.bit) {
      ++bit;
    }
    table << "| `" << row.name << "` | " << bit << " | " << row.meaning << " | "
          << (row.spoils_energy ? "yes" : "") << " | " << (row.spoils_timing ? "yes" : "")
          << " |\n";
  }
  return table.str();
}

// What stands between the two comments that mark the table; empty where they are missing.
std::string TableOnPage(const std::string& page) {
  const std::size_t mark = page.find("<!-- flags:");
  const std::size_t begin = page.find('\n', mark);
  const std::size_t end = page.find("<!-- end of flags -->", mark);
  return mark == std::string::npos || end == std::string::npos
             ? ""
             : page.substr(begin + 1, end - begin - 1);
}

TEST(MeasurementPageTest, ListsEveryFlagAsTheProgramDefinesIt) {
  EXPECT_EQ(TableOnPage(Page()), FlagTable());
}

}  // namespace
}  // namespace wattfleet
