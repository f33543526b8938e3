#include "coordinator/exchange/bundle_file.h"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include <nlohmann/json.hpp>
#include <zstd.h>

#include "common/status/status_macros.h"
#include "coordinator/workload/content_hash.h"
#include "coordinator/workload/durable_file.h"

namespace wattfleet::coordinator {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kMagic = "wattfleet-bundle ";
constexpr std::size_t kBlock = std::size_t{1} << 20;
constexpr std::size_t kHeaderMax = std::size_t{4} << 20;
constexpr std::int64_t kMemberMax = std::int64_t{1} << 40;
constexpr int kLevel = 9;

absl::Status Broken(const std::string& path, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, " is no whole bundle: ", std::string(what)));
}

// Calls `take` with the blocks of a file.
absl::Status ForEachBlock(const std::string& path,
                          const std::function<absl::Status(std::string_view)>& take) {
  std::ifstream file(path, std::ios::binary);
  std::string block(kBlock, '\0');
  while (file) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    if (file.gcount() > 0) {
      WF_RETURN_IF_ERROR(
          take(std::string_view(block).substr(0, static_cast<std::size_t>(file.gcount()))));
    }
  }
  return file.eof() ? absl::OkStatus()
                    : absl::InternalError(absl::StrFormat("cannot read %s", path));
}

struct Packer {
  struct Free {
    void operator()(ZSTD_CStream* freed) const { ZSTD_freeCStream(freed); }
  };
  std::unique_ptr<ZSTD_CStream, Free> stream{ZSTD_createCStream()};
  std::string output = std::string(kBlock, '\0');
  TemporaryFile& file;

  explicit Packer(TemporaryFile& target) : file(target) {
    ZSTD_CCtx_setParameter(stream.get(), ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(stream.get(), ZSTD_c_checksumFlag, 1);
  }

  absl::Status Take(std::string_view bytes, ZSTD_EndDirective end) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    while (true) {
      ZSTD_outBuffer out{output.data(), output.size(), 0};
      const std::size_t left = ZSTD_compressStream2(stream.get(), &out, &in, end);
      if (ZSTD_isError(left) != 0) {
        return absl::InternalError(absl::StrFormat("zstd: %s", ZSTD_getErrorName(left)));
      }
      WF_RETURN_IF_ERROR(file.Append(std::string_view(output).substr(0, out.pos)));
      const bool is_done = end == ZSTD_e_end ? left == 0 : in.pos == in.size;
      if (is_done) {
        return absl::OkStatus();
      }
    }
  }
};

Json MembersJson(const std::vector<std::int64_t>& sizes, const std::vector<std::string>& hashes,
                 const std::vector<BundleMember>& members) {
  Json list = Json::array();
  for (std::size_t i = 0; i < members.size(); ++i) {
    list.push_back({{"name", members[i].name}, {"bytes", sizes[i]}, {"sha256", hashes[i]}});
  }
  return list;
}

Json HeaderJson(const BundleHeader& header) {
  Json agents = Json::array();
  for (const BundleAgent& agent : header.agents) {
    agents.push_back({{"id", agent.id}, {"name", agent.name}});
  }
  return {{"schema", "wattfleet.bundle/1"},
          {"lab", header.lab},
          {"sweep", header.sweep},
          {"workload", {{"id", header.workload_id}, {"name", header.workload_name}}},
          {"made_by", header.made_by},
          {"made_unix_ms", header.made_unix_ms},
          {"has_text", header.has_text},
          {"agents", agents}};
}

struct Member {
  std::string name;
  std::int64_t bytes = 0;
  std::string sha256;
};

BundleHeader HeaderFrom(const Json& json, std::vector<Member>& members) {
  BundleHeader header{.lab = json.at("lab"),
                      .sweep = json.at("sweep"),
                      .workload_id = json.at("workload").at("id"),
                      .workload_name = json.at("workload").at("name"),
                      .made_by = json.at("made_by"),
                      .made_unix_ms = json.at("made_unix_ms"),
                      .has_text = json.at("has_text")};
  for (const Json& agent : json.at("agents")) {
    header.agents.push_back({agent.at("id"), agent.at("name")});
  }
  for (const Json& member : json.at("members")) {
    members.push_back({member.at("name"), member.at("bytes"), member.at("sha256")});
  }
  return header;
}

// A name without a folder in it, and a length that can be.
bool IsSound(const Member& member) {
  return !member.name.empty() && member.name[0] != '.' &&
         member.name.find('/') == std::string::npos && member.bytes >= 0 &&
         member.bytes <= kMemberMax;
}

absl::StatusOr<BundleHeader> ReadHeader(const std::string& path, std::ifstream& file,
                                        std::vector<Member>& members) {
  std::string magic(kMagic.size() + 80, '\0');
  file.getline(magic.data(), static_cast<std::streamsize>(magic.size()));
  const std::vector<std::string> words = absl::StrSplit(std::string(magic.c_str()), ' ');
  int version = 0;
  if (!file || words.size() != 3 || absl::StrCat(words[0], " ") != std::string(kMagic) ||
      !absl::SimpleAtoi(words[1], &version)) {
    return absl::InvalidArgumentError(absl::StrFormat("%s is not a wattfleet bundle", path));
  }
  if (version != kBundleVersion) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s is a bundle of version %d; this program reads version %d", path,
                        version, kBundleVersion));
  }
  std::string line(kHeaderMax, '\0');
  file.getline(line.data(), static_cast<std::streamsize>(line.size()));
  line.resize(std::min<std::size_t>(line.find('\0'), line.size()));
  if (!file || ShortHash(line, 64) != words[2]) {
    return Broken(path, "its header does not have the hash that it says");
  }
  try {
    BundleHeader header = HeaderFrom(Json::parse(line), members);
    if (std::all_of(members.begin(), members.end(), IsSound)) {
      return header;
    }
  } catch (const std::exception&) {
  }
  return Broken(path, "its header cannot be read");
}

// Unpacks the frame piece by piece into one member after another.
class Unpacker {
 public:
  Unpacker(const std::string& path, std::ifstream& file) : path_(path), file_(file) {}
  ~Unpacker() { ZSTD_freeDStream(stream_); }
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;

  absl::Status Unpack(const Member& member, const std::string& target) {
    std::ofstream out(target, std::ios::binary);
    ContentHash hash;
    for (std::int64_t left = member.bytes; left > 0;) {
      WF_ASSIGN_OR_RETURN(const std::string_view piece,
                          Read(static_cast<std::size_t>(std::min<std::int64_t>(left, kBlock))));
      if (piece.empty()) {
        return Broken(path_, absl::StrCat("it ends in the middle of ", member.name));
      }
      hash.Add(piece);
      out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
      left -= static_cast<std::int64_t>(piece.size());
    }
    out.close();
    if (!out) {
      return absl::ResourceExhaustedError(absl::StrFormat("cannot write %s", target));
    }
    return hash.Finish() == member.sha256
               ? absl::OkStatus()
               : Broken(path_, absl::StrCat(member.name, " does not have the hash that it says"));
  }

  // That nothing follows, and that zstd's own checksum holds.
  absl::Status ExpectEnd() {
    WF_ASSIGN_OR_RETURN(const std::string_view more, Read(1));
    const bool is_end = more.empty() && is_over_ && in_.pos == in_.size &&
                        file_.peek() == std::ifstream::traits_type::eof();
    return is_end ? absl::OkStatus() : Broken(path_, "something follows its last member");
  }

 private:
  // At most `most` bytes; empty at the end of the frame.
  absl::StatusOr<std::string_view> Read(std::size_t most) {
    ZSTD_outBuffer out{output_.data(), most, 0};
    while (out.pos == 0 && !is_over_) {
      if (in_.pos == in_.size) {
        file_.read(input_.data(), static_cast<std::streamsize>(input_.size()));
        in_ = {input_.data(), static_cast<std::size_t>(file_.gcount()), 0};
      }
      const bool at_end = in_.size == 0;
      const std::size_t code = ZSTD_decompressStream(stream_, &out, &in_);
      if (ZSTD_isError(code) != 0) {
        return Broken(path_, ZSTD_getErrorName(code));
      }
      is_over_ = code == 0;
      if (at_end && out.pos == 0 && !is_over_) {
        return Broken(path_, "it is cut short");
      }
    }
    return std::string_view(output_).substr(0, out.pos);
  }

  const std::string& path_;
  std::ifstream& file_;
  ZSTD_DStream* stream_ = ZSTD_createDStream();
  std::string input_ = std::string(kBlock, '\0');
  std::string output_ = std::string(kBlock, '\0');
  ZSTD_inBuffer in_{nullptr, 0, 0};
  bool is_over_ = false;
};

}  // namespace

absl::Status WriteBundle(const std::string& path, const BundleHeader& header,
                         const std::vector<BundleMember>& members) {
  std::vector<std::int64_t> sizes;
  std::vector<std::string> hashes;
  for (const BundleMember& member : members) {
    ContentHash hash;
    std::int64_t size = 0;
    WF_RETURN_IF_ERROR(ForEachBlock(member.path, [&](std::string_view block) {
      hash.Add(block);
      size += static_cast<std::int64_t>(block.size());
      return absl::OkStatus();
    }));
    sizes.push_back(size);
    hashes.push_back(hash.Finish());
  }
  Json json = HeaderJson(header);
  json["members"] = MembersJson(sizes, hashes, members);
  const std::string line = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  const std::string folder = std::filesystem::path(path).parent_path().string();
  WF_ASSIGN_OR_RETURN(TemporaryFile file, TemporaryFile::Create(folder.empty() ? "." : folder));
  WF_RETURN_IF_ERROR(file.Append(absl::StrCat(std::string(kMagic), kBundleVersion, " ",
                                              ShortHash(line, 64), "\n", line, "\n")));
  Packer packer(file);
  for (const BundleMember& member : members) {
    WF_RETURN_IF_ERROR(ForEachBlock(
        member.path, [&](std::string_view block) { return packer.Take(block, ZSTD_e_continue); }));
  }
  WF_RETURN_IF_ERROR(packer.Take({}, ZSTD_e_end));
  return file.Publish(path);
}

absl::StatusOr<UnpackedBundle> ReadBundle(const std::string& path, const std::string& directory) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return absl::NotFoundError(absl::StrFormat("no file %s", path));
  }
  std::ifstream file(path, std::ios::binary);
  std::vector<Member> members;
  UnpackedBundle bundle;
  WF_ASSIGN_OR_RETURN(bundle.header, ReadHeader(path, file, members));
  Unpacker unpacker(path, file);
  for (const Member& member : members) {
    const std::string target = absl::StrCat(directory, "/", member.name);
    WF_RETURN_IF_ERROR(unpacker.Unpack(member, target));
    bundle.members[member.name] = target;
  }
  WF_RETURN_IF_ERROR(unpacker.ExpectEnd());
  return bundle;
}

}  // namespace wattfleet::coordinator
