// The bodies of Asio's TLS streams, apart so that only programs with TLS link OpenSSL.
#include <boost/asio/ssl/impl/src.hpp>
