#include "coordinator/workload/mix.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"
#include "coordinator/workload/stratified_order.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {
namespace {

// Shares of `queries` rounded down, and what is left to those with the largest remainders.
std::vector<std::int64_t> Divide(const std::vector<double>& shares, std::int64_t queries) {
  std::vector<std::int64_t> counts;
  std::vector<std::pair<double, std::size_t>> remainders;
  std::int64_t left = queries;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const double exact = shares[i] * static_cast<double>(queries);
    counts.push_back(static_cast<std::int64_t>(exact));
    remainders.emplace_back(static_cast<double>(counts.back()) - exact, i);
    left -= counts.back();
  }
  std::sort(remainders.begin(), remainders.end());
  for (std::size_t i = 0; left > 0; --left, ++i) {
    ++counts[remainders[i % remainders.size()].second];
  }
  return counts;
}

// The first part that has fewer than it should give.
std::size_t FirstShort(const std::vector<std::int64_t>& counts,
                       const std::vector<std::int64_t>& sizes) {
  std::size_t i = 0;
  while (i < counts.size() && counts[i] <= sizes[i]) {
    ++i;
  }
  return i;
}

// The most queries of which no part's share is more than it has.
std::int64_t LargestMix(const std::vector<double>& shares, const std::vector<std::int64_t>& sizes) {
  double most = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < shares.size(); ++i) {
    most = std::min(most, static_cast<double>(sizes[i]) / shares[i]);
  }
  // Largest remainders let a part give up to one less than its exact share.
  auto queries = static_cast<std::int64_t>(most) + static_cast<std::int64_t>(shares.size());
  while (FirstShort(Divide(shares, queries), sizes) < sizes.size()) {
    --queries;
  }
  return queries;
}

// The places of a fair sample of `count` of the workload's queries, ascending.
absl::StatusOr<std::vector<std::int64_t>> SamplePlaces(const Workload& workload, std::int64_t count,
                                                       std::uint64_t seed) {
  std::vector<std::string> strata;
  for (const std::string& dataset : workload.datasets()) {
    for (const std::string& subject : workload.subjects()) {
      strata.push_back(dataset + '\0' + subject);
    }
  }
  WF_ASSIGN_OR_RETURN(const std::vector<QueryKey> keys, workload.Keys());
  std::vector<OrderedRow> rows;
  rows.reserve(keys.size());
  for (const QueryKey& key : keys) {
    WF_ASSIGN_OR_RETURN(const Query query, workload.Get(key.q));
    const auto stratum = static_cast<std::size_t>(key.dataset) * workload.subjects().size() +
                         static_cast<std::size_t>(key.subject);
    rows.push_back({.draw = DrawOf(query.id, seed),
                    .stratum = static_cast<std::uint32_t>(stratum),
                    .row = static_cast<std::uint32_t>(key.q)});
  }
  StratifiedOrder(strata, seed, rows);
  std::vector<std::int64_t> places;
  places.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    places.push_back(rows[static_cast<std::size_t>(i)].row);
  }
  std::sort(places.begin(), places.end());
  return places;
}

}  // namespace

absl::StatusOr<std::vector<std::int64_t>> MixCounts(const std::vector<MixPart>& parts,
                                                    const std::vector<std::int64_t>& sizes,
                                                    std::optional<std::int64_t> queries) {
  double sum = 0;
  for (const MixPart& part : parts) {
    if (!std::isfinite(part.share) || part.share <= 0) {
      return absl::InvalidArgumentError(
          absl::StrFormat("--mix %s: a share must be more than 0", part.workload));
    }
    sum += part.share;
  }
  std::vector<double> shares;
  for (const MixPart& part : parts) {
    shares.push_back(part.share / sum);
  }
  const std::int64_t most = LargestMix(shares, sizes);
  std::vector<std::int64_t> counts = Divide(shares, queries.value_or(most));
  const std::size_t at = FirstShort(counts, sizes);
  if (at < counts.size()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("--mix: workload %s has %d queries; its share of %d is %d; at most %d go",
                        parts[at].workload, sizes[at], *queries, counts[at], most));
  }
  return counts;
}

absl::Status ReadMix(const ImportOptions& options, RowCollector& rows) {
  std::vector<std::unique_ptr<Workload>> workloads;
  std::vector<std::int64_t> sizes;
  for (const MixPart& part : options.mix) {
    WF_ASSIGN_OR_RETURN(const std::string path,
                        FindWorkload(options.data_directory, part.workload));
    WF_ASSIGN_OR_RETURN(std::unique_ptr<Workload> workload, OpenWorkload(path));
    sizes.push_back(workload->facts().queries);
    workloads.push_back(std::move(workload));
  }
  WF_ASSIGN_OR_RETURN(const std::vector<std::int64_t> counts,
                      MixCounts(options.mix, sizes, options.mix_queries));
  std::vector<Shot> shots;
  for (const std::unique_ptr<Workload>& workload : workloads) {
    shots.insert(shots.end(), workload->shots().begin(), workload->shots().end());
  }
  rows.SetShots(std::move(shots));
  for (std::size_t i = 0; i < workloads.size(); ++i) {
    WF_ASSIGN_OR_RETURN(const std::vector<std::int64_t> places,
                        SamplePlaces(*workloads[i], counts[i], options.seed));
    WF_RETURN_IF_ERROR(rows.ReadWorkload(*workloads[i], places));
  }
  return absl::OkStatus();
}

}  // namespace wattfleet::coordinator
