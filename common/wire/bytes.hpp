// Bounded reading and writing of big-endian binary data: the base of every codec.
//
// A reader never passes its end: the first read that does not fit makes it fail for good, and all
// further reads return zero or empty; a decoder checks ok() once at the end of an item.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tandem::wire {

/// Reads from bytes that it does not own; views that it returns point into them.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  std::span<const std::uint8_t> bytes(std::size_t count);
  /// A string preceded by its length in one or two bytes.
  std::string_view string8() { return view(bytes(u8())); }
  std::string_view string16() { return view(bytes(u16())); }

  /// False once a read did not fit.
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t remaining() const { return bytes_.size(); }

 private:
  static std::string_view view(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  std::uint64_t number(std::size_t width);

  std::span<const std::uint8_t> bytes_;  // what is left
  bool ok_ = true;
};

/// Appends to a vector that it does not own. Lengths that exceed their field are a bug of the caller (asserted).
class ByteWriter {
 public:
  explicit ByteWriter(std::vector<std::uint8_t>& out) : out_(out) {}

  void u8(std::uint8_t value) { number(value, 1); }
  void u16(std::uint16_t value) { number(value, 2); }
  void u32(std::uint32_t value) { number(value, 4); }
  void u64(std::uint64_t value) { number(value, 8); }
  void bytes(std::span<const std::uint8_t> data);
  void string8(std::string_view text);
  void string16(std::string_view text);

  /// Where the next byte will stand in the vector.
  [[nodiscard]] std::size_t position() const { return out_.size(); }
  /// Overwrites the four bytes at `position`, written before.
  void patch_u32(std::size_t position, std::uint32_t value);
  void patch_u16(std::size_t position, std::uint16_t value);

 private:
  void number(std::uint64_t value, std::size_t width);
  void patch(std::size_t position, std::uint64_t value, std::size_t width);

  std::vector<std::uint8_t>& out_;
};

}  // namespace tandem::wire
