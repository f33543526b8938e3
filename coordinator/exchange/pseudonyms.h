#ifndef WF_COORDINATOR_EXCHANGE_PSEUDONYMS_H_
#define WF_COORDINATOR_EXCHANGE_PSEUDONYMS_H_

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

namespace wattfleet::coordinator {

// Names that say nothing, the same for the same thing in all bundles of one store. They are the
// beginnings of SHA-256 over the store's random id and the thing: who does not have that id cannot
// find out by trying.
class Pseudonyms {
 public:
  explicit Pseudonyms(std::string secret) : secret_(std::move(secret)) {}

  // "lab-1a2b3c4d", of the store itself.
  std::string Lab() const;
  // "lab-1a2b3c4d/agent-5e6f7a8b"; an agent that came in a bundle keeps the name that it has.
  std::string Agent(const std::string& name) const;

  // Names of agents, hosts and users, which Scrub then finds wherever they stand as whole words.
  // Shorter than three characters they are not looked for.
  void AddName(const std::string& name);

  // Puts other characters in the place of names, UUIDs, serial numbers of devices in that form,
  // IPv4, IPv6 and MAC addresses, e-mail addresses, the hosts of URLs and the folders of home
  // directories. Keeps the length of the text and all else, so that it also serves bytes.
  std::string Scrub(std::string_view text) const;

 private:
  // `length` lower-case hex digits for a text.
  std::string Digits(std::string_view text, std::size_t length) const;
  void ScrubNames(std::string& text) const;
  void ScrubAddresses(std::string& text) const;
  void ScrubBehind(std::string_view mark, std::string& text) const;

  std::string secret_;
  std::set<std::string> names_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_EXCHANGE_PSEUDONYMS_H_
