#include "agent/energy/trace_recorder.h"

#include <algorithm>
#include <utility>

namespace wattfleet::agent {

TraceRecorder::TraceRecorder(LeaseTrace start, std::vector<RecordedChannel> channels)
    : writer_(WithChannels(std::move(start), channels, feeds_)) {
  for (const RecordedChannel& channel : channels) {
    channels_.push_back(channel.channel);
  }
}

LeaseTrace TraceRecorder::WithChannels(LeaseTrace start, std::vector<RecordedChannel>& channels,
                                       std::vector<std::size_t>& feeds) {
  for (RecordedChannel& channel : channels) {
    std::optional<std::size_t> source = PlaceOf(feeds, channel.feed);
    if (!source) {
      source = feeds.size();
      feeds.push_back(channel.feed);
      start.sources.push_back({.poll_period = channel.poll_period});
    }
    channel.start.source = *source;
    channel.start.spec.facts_json.clear();
    start.channels.push_back(std::move(channel.start));
  }
  return start;
}

std::optional<std::size_t> TraceRecorder::PlaceOf(const std::vector<std::size_t>& numbers,
                                                  std::size_t number) {
  const auto at = std::find(numbers.begin(), numbers.end(), number);
  return at == numbers.end() ? std::nullopt
                             : std::optional(static_cast<std::size_t>(at - numbers.begin()));
}

void TraceRecorder::AddReading(std::size_t feed, const TracedReading& reading) {
  if (const auto source = PlaceOf(feeds_, feed)) {
    writer_.AddReading(*source, reading);
  }
}

void TraceRecorder::Add(std::size_t channel, const TraceEvent& event) {
  if (const auto place = PlaceOf(channels_, channel)) {
    writer_.Add(*place, event);
  }
}

}  // namespace wattfleet::agent
