#include "agent/power/reading_recorder.h"

#include <utility>

#include "common/status/status_macros.h"

namespace wattfleet::agent {

absl::StatusOr<std::unique_ptr<ReadingRecorder>> ReadingRecorder::Create(
    const std::string& path, const std::string& machine,
    std::vector<std::unique_ptr<Sampler>> samplers, const Clock& clock) {
  ReadingsHeader header;
  header.recorded_unix_ms = UnixMillis(clock.WallNow());
  header.machine = machine;
  for (const std::unique_ptr<Sampler>& sampler : samplers) {
    const PowerSource& source = sampler->source();
    header.sources.push_back({source.name(), source.poll_period(), source.channels()});
  }
  WF_ASSIGN_OR_RETURN(auto writer, ReadingsWriter::Create(path, header));
  return std::unique_ptr<ReadingRecorder>(
      new ReadingRecorder(std::move(writer), std::move(samplers)));
}

void ReadingRecorder::Start() {
  for (const std::unique_ptr<Sampler>& sampler : samplers_) {
    sampler->Start();
  }
}

absl::Status ReadingRecorder::TakeIn() {
  std::vector<RecordedReading> taken;
  for (std::size_t i = 0; i < samplers_.size(); ++i) {
    next_[i] = samplers_[i]->Visit(next_[i], [&taken, i](const Reading& reading) {
      RecordedReading& copy = taken.emplace_back();
      copy.source = i;
      copy.before_ns = reading.before_ns;
      copy.after_ns = reading.after_ns;
      copy.values.assign(reading.values.begin(), reading.values.end());
      for (ChannelValue& value : copy.values) {
        value.flags |= reading.flags;
      }
    });
  }
  for (const RecordedReading& reading : taken) {
    WF_RETURN_IF_ERROR(writer_->Add(reading));
    ++readings_;
  }
  return absl::OkStatus();
}

absl::Status ReadingRecorder::Finish() {
  WF_RETURN_IF_ERROR(TakeIn());
  return writer_->Finish();
}

}  // namespace wattfleet::agent
