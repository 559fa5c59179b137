#include <doctest/doctest.h>

#include "common/wire/bytes.hpp"

using namespace tandem::wire;

TEST_CASE("numbers are big-endian, strings carry their length") {
  std::vector<std::uint8_t> out;
  ByteWriter writer(out);
  writer.u8(1);
  writer.u16(0x0203);
  writer.u32(0x04050607);
  writer.u64(0x08090a0b0c0d0e0f);
  writer.string8("ab");
  writer.string16("c");
  const std::vector<std::uint8_t> expected = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 2, 'a', 'b', 0, 1, 'c'};
  CHECK(out == expected);
  ByteReader reader(out);
  CHECK(reader.u8() == 1);
  CHECK(reader.u16() == 0x0203);
  CHECK(reader.u32() == 0x04050607);
  CHECK(reader.u64() == 0x08090a0b0c0d0e0f);
  CHECK(reader.string8() == "ab");
  CHECK(reader.string16() == "c");
  CHECK(reader.remaining() == 0);
  CHECK(reader.ok());
}

TEST_CASE("a read beyond the end fails for good and gives nothing") {
  const std::vector<std::uint8_t> bytes = {5, 1, 2};
  ByteReader reader(bytes);
  CHECK(reader.string8().empty());
  CHECK_FALSE(reader.ok());
  CHECK(reader.u8() == 0);
  CHECK(reader.u64() == 0);
  CHECK_FALSE(reader.ok());
}

TEST_CASE("a patched field changes only itself") {
  std::vector<std::uint8_t> out;
  ByteWriter writer(out);
  writer.u8(0xaa);
  writer.u32(0);
  writer.u8(0xbb);
  writer.patch_u32(1, 0x01020304);
  CHECK(out == std::vector<std::uint8_t>{0xaa, 1, 2, 3, 4, 0xbb});
}
