"""What is measured. A scenario is a value; the runner knows nothing about any of them."""

from dataclasses import dataclass, field

BROWSER_HEADERS = """\
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8
Accept-Encoding: gzip, deflate, br
Accept-Language: en-GB,en;q=0.9,de;q=0.7
Cache-Control: no-cache
Cookie: session=4f1d2a9c7be04c0f9e; consent=all; theme=dark; ab=17; tz=Europe%2FBerlin
DNT: 1
Origin: https://bench.test
Pragma: no-cache
Priority: u=0, i
Referer: https://bench.test/catalogue/shoes?size=43&sort=price
Sec-CH-UA: "Chromium";v="118", "Not=A?Brand";v="99"
Sec-CH-UA-Mobile: ?0
Sec-CH-UA-Platform: "Linux"
Sec-Fetch-Dest: document
Sec-Fetch-Mode: navigate
Sec-Fetch-Site: same-origin
Sec-Fetch-User: ?1
Upgrade-Insecure-Requests: 1
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/118.0.0.0 Safari/537.36
X-Request-Id: 8d7f0b0e-3f1c-4d5e-9a53-1c0b6f7a2e11
"""


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    requests: int                # per slice, about a second's work
    load: tuple = ()             # further arguments of tandem-load
    tcp: bool = False
    rules: bool = False          # three header rules
    log: bool = False            # access log
    bulk: bool = False           # big bodies: the peers get big buffers
    headers: bool = False        # the browser's headers
    idle: int = 0                # instead of a load: memory of that many idle connections
    leave_out: frozenset = field(default_factory=frozenset)  # products that cannot play


MIB = 1 << 20

SCENARIOS = [
    Scenario("keepalive", "128 B, keep-alive", 40_000),
    Scenario("browser", "20 headers, 3 header rules, access log", 30_000, rules=True, log=True, headers=True,
             leave_out=frozenset({"pump"})),
    Scenario("close", "client closes, backend reused", 12_000, ("--close",), leave_out=frozenset({"pump"})),
    Scenario("pipelined", "128 B, 8 requests pipelined", 60_000, ("--pipeline", "8")),
    Scenario("down", "1 MiB to the client", 1_000, ("--path", f"/bytes/{MIB}", "--expect-bytes", str(MIB),
                                                     "--connections", "16"), bulk=True),
    Scenario("up", "1 MiB from the client", 1_000, ("--upload", str(MIB), "--connections", "16"), bulk=True),
    Scenario("tcp", "TCP, 128 B echo", 40_000, ("--tcp", "128"), tcp=True),
    Scenario("idle", "idle keep-alive connection, user memory", 0, idle=10_000, leave_out=frozenset({"pump"})),
]
