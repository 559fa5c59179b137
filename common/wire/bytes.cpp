#include "common/wire/bytes.hpp"

#include "common/base/assert.hpp"

namespace tandem::wire {

std::span<const std::uint8_t> ByteReader::bytes(std::size_t count) {
  if (!ok_ || count > bytes_.size()) {
    ok_ = false;
    bytes_ = {};
    return {};
  }
  const auto result = bytes_.first(count);
  bytes_ = bytes_.subspan(count);
  return result;
}

std::uint64_t ByteReader::number(std::size_t width) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes(width)) value = value << 8 | byte;
  return value;
}

void ByteWriter::number(std::uint64_t value, std::size_t width) {
  const std::size_t at = out_.size();
  out_.resize(at + width);
  patch(at, value, width);
}

void ByteWriter::patch(std::size_t position, std::uint64_t value, std::size_t width) {
  TANDEM_ASSERT(position + width <= out_.size());
  for (std::size_t i = width; i-- > 0; value >>= 8) out_[position + i] = static_cast<std::uint8_t>(value);
}

void ByteWriter::patch_u32(std::size_t position, std::uint32_t value) { patch(position, value, 4); }
void ByteWriter::patch_u16(std::size_t position, std::uint16_t value) { patch(position, value, 2); }

void ByteWriter::bytes(std::span<const std::uint8_t> data) { out_.insert(out_.end(), data.begin(), data.end()); }

void ByteWriter::string8(std::string_view text) {
  TANDEM_ASSERT(text.size() <= 0xff);
  u8(static_cast<std::uint8_t>(text.size()));
  bytes({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

void ByteWriter::string16(std::string_view text) {
  TANDEM_ASSERT(text.size() <= 0xffff);
  u16(static_cast<std::uint16_t>(text.size()));
  bytes({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

}  // namespace tandem::wire
