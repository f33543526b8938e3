#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "coordinator/report/page_files.h"
#include "coordinator/report/render.h"

namespace wattfleet::coordinator {

namespace {

std::string HtmlEscaped(const std::string& text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

// JSON that no parser of HTML can leave: "<" stands in its strings only, where it can be escaped.
std::string EmbeddedJson(const Report& report) {
  return absl::StrReplaceAll(RenderJson(report), {{"<", "\\u003c"}});
}

// As a Content-Security-Policy names a script or style that may run.
std::string HashSource(const PageFile& file) {
  return absl::StrCat("'sha256-", absl::Base64Escape(absl::HexStringToBytes(file.sha256)), "'");
}

// Nothing may be fetched, and only the scripts that were built in may run, whatever the text says.
std::string Policy() {
  std::string scripts;
  for (const PageFile& script : PageScripts()) {
    absl::StrAppend(&scripts, " ", HashSource(script));
  }
  return absl::StrCat("default-src 'none'; style-src ", HashSource(kPageStyle), "; script-src",
                      scripts, "; base-uri 'none'; form-action 'none'");
}

}  // namespace

std::string RenderHtml(const Report& report) {
  std::string page = absl::StrCat(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"",
      Policy(),
      "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
      HtmlEscaped(report.sweep_name), " - wattfleet report</title>\n<!--\n", kPageLicences,
      "-->\n<style>", kPageStyle.text, "</style>\n</head>\n<body>\n<main id=\"page\"></main>\n");
  // Where no script may run, the report as text.
  absl::StrAppend(&page, "<noscript><pre>", HtmlEscaped(RenderTable(report)),
                  "</pre></noscript>\n<script type=\"application/json\" id=\"report\">",
                  EmbeddedJson(report), "</script>\n");
  for (const PageFile& script : PageScripts()) {
    absl::StrAppend(&page, "<script>", script.text, "</script>\n");
  }
  return page + "</body>\n</html>\n";
}

}  // namespace wattfleet::coordinator
