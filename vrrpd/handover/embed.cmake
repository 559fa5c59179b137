# cmake -DINPUT=x.o -DOUTPUT=x.cpp -P embed.cmake: writes the bytes of INPUT as relay_object.
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUTPUT} "#include \"vrrpd/handover/relay_object.hpp\"\n\nnamespace tandem::vrrp {\nnamespace {\n\n"
  "alignas(8) constexpr unsigned char bytes[] = {\n${bytes}\n};\n\n}  // namespace\n\n"
  "const std::span<const unsigned char> relay_object(bytes);\n\n}  // namespace tandem::vrrp\n")
