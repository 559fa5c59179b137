#!/usr/bin/env python3
"""Guards the layering of doc/ARCHITECTURE.md: which file may include what.

Debian's headers are always on the include path, so the linker cannot police it; this does, by reading
the #include lines of every tracked or new source file. Run without arguments it checks the tree and
exits 1 with one line per violation; with --self-test it proves that each rule can fail.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]')

# Third-party library: (what its includes look like, where it may be included). One adapter each.
LIBRARIES = {
    'libbpf': (re.compile(r'^bpf/'), re.compile(r'^(vrrpd/handover/|vrrpd/lease/|lbd/kernel/)')),
    'OpenSSL': (re.compile(r'^openssl/'), re.compile(r'^(common/crypto/|lbd/engine/tls|syncd/io/)')),
    'libnl': (re.compile(r'^(netlink|libnl3)/'), re.compile(r'^(vrrpd/io/|lbd/kernel/)')),
    'spdlog': (re.compile(r'^spdlog/'), re.compile(r'^common/log/')),
    'nlohmann/json': (re.compile(r'^nlohmann/json\.hpp'), re.compile(r'^(common/|lbd/control/|vrrpd/io/|syncd/io/|lbctl/).*\.cpp$')),
    'Asio': (re.compile(r'^boost/asio'), re.compile(r'^(common/(io|replica)/|lbd/control/|lbd/main\.cpp|vrrpd/(io/|main\.cpp)|syncd/(io/|main\.cpp)|lbctl/)')),
    'Asio TLS': (re.compile(r'^boost/asio/ssl'), re.compile(r'^(common/io/asio_ssl_impl\.cpp|syncd/io/)')),
    'Beast': (re.compile(r'^boost/beast'), re.compile(r'^$')),
    'doctest': (re.compile(r'^doctest/'), re.compile(r'^$')),
}

# A layer (by path prefix): the project includes that it may use.
LAYERS = [
    ('common/base/', ['common/base/']),
    ('common/config/', ['common/base/', 'common/config/']),
    ('common/log/', ['common/base/', 'common/log/']),
    ('common/metrics/', ['common/base/', 'common/metrics/']),
    ('common/wire/', ['common/base/', 'common/wire/']),
    ('common/crypto/', ['common/base/', 'common/crypto/']),
    ('common/replica/replica_client', ['common/']),
    ('common/replica/', ['common/base/', 'common/replica/', 'common/wire/']),
    ('common/', ['common/']),
    ('lbd/core/', ['common/base/', 'common/config/model.hpp', 'lbd/core/']),
    ('lbd/engine/', ['common/base/', 'common/metrics/counter.hpp', 'lbd/core/', 'lbd/engine/']),
    ('lbd/runtime/', ['common/base/', 'common/config/model.hpp', 'common/metrics/counter.hpp', 'common/metrics/histogram.hpp', 'lbd/core/', 'lbd/runtime/']),
    ('lbd/proxy/', ['common/base/', 'common/config/model.hpp', 'common/crypto/', 'common/metrics/', 'lbd/core/', 'lbd/engine/', 'lbd/runtime/', 'lbd/proxy/']),
    ('lbd/control/', ['common/', 'lbd/core/', 'lbd/runtime/', 'lbd/control/']),
    ('lbd/', ['common/', 'lbd/']),
    ('vrrpd/core/', ['common/base/', 'vrrpd/core/']),
    ('vrrpd/', ['common/', 'vrrpd/']),
    ('syncd/core/', ['common/base/', 'common/replica/store.hpp', 'common/wire/', 'syncd/core/']),
    ('syncd/', ['common/', 'syncd/']),
    ('lbctl/', ['common/', 'lbctl/']),
]

# Pure layers: no clock, thread, socket, environment or randomness of their own.
PURE = re.compile(r'^(common/(base|wire|metrics)/|common/replica/(?!replica_client)|[a-z]+/core/)')
PURE_EXCEPTIONS = {('common/base/inet.cpp', 'arpa/inet.h')}  # inet_pton: text to bytes, no socket
IMPURE_INCLUDE = re.compile(r'^(sys/|net/|netinet/|linux/|arpa/|unistd\.h|poll\.h|time\.h|thread$|mutex$|condition_variable$|future$|random$|iostream$|fstream$|filesystem$)')
IMPURE_CALL = re.compile(r'(_clock::now\s*\(|\bclock_gettime\s*\(|\bgetenv\s*\(|\brandom_device\b|\bstd::cout\b|\bstd::cerr\b)')


def includes(text):
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1)


def violations(path, text):
    """Yields 'path:line: reason' for one file, `path` relative to the root."""
    layer = next(((prefix, allowed) for prefix, allowed in LAYERS if path.startswith(prefix)), None)
    found = list(includes(text))
    for number, name in found:
        for library, (pattern, where) in LIBRARIES.items():
            if pattern.match(name) and not where.match(path):
                yield f'{path}:{number}: {library} ({name}) does not belong here'
        if layer and re.match(r'^(common|lbd|vrrpd|syncd|lbctl|tests)/', name):
            if not any(name.startswith(allowed) for allowed in layer[1]):
                yield f'{path}:{number}: {layer[0]} must not include {name}'
        if PURE.match(path) and IMPURE_INCLUDE.match(name) and (path, name) not in PURE_EXCEPTIONS:
            yield f'{path}:{number}: pure code must not include <{name}>'
    if PURE.match(path):
        for number, line in enumerate(text.splitlines(), 1):
            if IMPURE_CALL.search(line.split('//')[0]):
                yield f'{path}:{number}: pure code must not ask the machine: {line.strip()}'
    # A source file includes its own header first: proof that the header stands alone.
    own = re.sub(r'\.cpp$', '.hpp', path)
    if path.endswith('.cpp') and (ROOT / own).exists() and found and found[0][1] != own:
        yield f'{path}:{found[0][0]}: the first include must be {own}'
    if path.endswith('.hpp') and '#pragma once' not in text:
        yield f'{path}:1: no #pragma once'
    if path.endswith('.hpp') and re.search(r'^\s*using namespace', text, re.M):
        yield f'{path}:1: using namespace in a header'


def sources():
    for folder in ('common', 'lbd', 'vrrpd', 'syncd', 'lbctl'):
        for path in sorted((ROOT / folder).rglob('*.[ch]pp')):
            yield path.relative_to(ROOT).as_posix(), path.read_text()


def self_test():
    bad = {
        'core includes the log': ('lbd/core/x.hpp', '#pragma once\n#include "common/log/log.hpp"\n'),
        'daemons include each other': ('lbd/control/x.cpp', '#include "vrrpd/core/fsm.hpp"\n'),
        'asio in the data path': ('lbd/proxy/x.cpp', '#include <boost/asio.hpp>\n'),
        'json in a header': ('lbd/control/x.hpp', '#pragma once\n#include <nlohmann/json.hpp>\n'),
        'openssl in the control plane': ('lbd/control/x.cpp', '#include <openssl/evp.h>\n'),
        'libnl outside its adapter': ('vrrpd/core/x.cpp', '#include <netlink/netlink.h>\n'),
        'engine includes proxy': ('lbd/engine/x.hpp', '#pragma once\n#include "lbd/proxy/worker.hpp"\n'),
        'core reads a clock': ('vrrpd/core/x.cpp', 'auto t = std::chrono::steady_clock::now();\n'),
        'the replicated store reads a clock': ('common/replica/store.cpp', 'auto t = std::chrono::steady_clock::now();\n'),
        'core opens sockets': ('syncd/core/x.cpp', '#include <sys/socket.h>\n'),
        'header without guard': ('common/io/x.hpp', 'int x;\n'),
        'own header not first': ('common/base/inet.cpp', '#include <string>\n#include "common/base/inet.hpp"\n'),
    }
    silent = [what for what, (path, text) in bad.items() if not list(violations(path, text))]
    for what in silent:
        print(f'self-test: not caught: {what}')
    return 1 if silent else 0


def main():
    if '--self-test' in sys.argv:
        return self_test()
    count = 0
    files = 0
    for path, text in sources():
        files += 1
        for violation in violations(path, text):
            print(violation)
            count += 1
    print(f'{files} files, {count} violations')
    return 1 if count or not files else 0


if __name__ == '__main__':
    sys.exit(main())
