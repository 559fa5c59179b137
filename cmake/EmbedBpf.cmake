# cmake -DINPUT=x.bpf.o -DOUTPUT=x_object.cpp -DNAME=x_object -DHEADER=dir/x_object.hpp -P EmbedBpf.cmake:
# writes the bytes of INPUT as the span tandem::vrrp::NAME, which HEADER declares.
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUTPUT} "#include \"${HEADER}\"\n\nnamespace tandem::vrrp {\nnamespace {\n\n"
  "alignas(8) constexpr unsigned char bytes[] = {\n${bytes}\n};\n\n}  // namespace\n\n"
  "const std::span<const unsigned char> ${NAME}(bytes);\n\n}  // namespace tandem::vrrp\n")
