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


NO_TLS_YET = {"lbd": "has no TLS listeners yet"}
PUMP_SEES_NO_REQUESTS = {"pump": "cannot tell requests apart"}
PUMP_IS_TCP = {"pump": "moves bytes, no more"}


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    kind: str = "load"           # load: CPU per request; idle: memory; reload: failures; pick: cost of a choice
    requests: int = 0            # per slice, about a second's work
    load: tuple = ()             # further arguments of tandem-load
    h2load: tuple = ()           # arguments of h2load, which is the load then
    tcp: bool = False
    tls: bool = False            # TLS 1.3, X25519, AES-128-GCM, P-256 certificate, two tickets
    rules: bool = False          # three header rules
    log: bool = False            # access log
    bulk: bool = False           # big bodies: the peers get big buffers, and HAProxy once more splice(2)
    headers: bool = False        # the browser's headers
    connections: int = 0         # idle: how many are held
    leave_out: dict = field(default_factory=dict)  # products that cannot play, with the reason


MIB = 1 << 20
DOWN = ("--path", f"/bytes/{MIB}", "--expect-bytes", str(MIB), "--connections", "16")
UP = ("--upload", str(MIB), "--connections", "16")
TLS_ONLY = NO_TLS_YET | PUMP_IS_TCP

SCENARIOS = [
    Scenario("keepalive", "128 B, keep-alive", requests=40_000),
    Scenario("browser", "20 headers, 3 header rules, access log", requests=30_000, rules=True, log=True, headers=True,
             leave_out=PUMP_IS_TCP),
    Scenario("close", "client closes, backend reused", requests=12_000, load=("--close",),
             leave_out=PUMP_SEES_NO_REQUESTS),
    Scenario("close_both", "client and backend close each time", requests=8_000, load=("--close", "--path", "/close")),
    Scenario("pipelined", "128 B, 8 requests pipelined", requests=60_000, load=("--pipeline", "8")),
    Scenario("down", "1 MiB to the client", requests=1_000, load=DOWN, bulk=True),
    Scenario("up", "1 MiB from the client", requests=1_000, load=UP, bulk=True),
    Scenario("websocket", "WebSocket, 128 B echo", requests=40_000, load=("--websocket", "128")),
    Scenario("tcp", "TCP, 128 B echo", requests=40_000, load=("--tcp", "128"), tcp=True),
    Scenario("tls_keepalive", "TLS, 128 B, keep-alive", requests=30_000, load=("--tls",), tls=True, leave_out=TLS_ONLY),
    Scenario("tls_full", "TLS, full handshake each time", requests=1_500, load=("--tls", "--close"), tls=True,
             leave_out=TLS_ONLY),
    Scenario("tls_resumed", "TLS, resumed handshake each time", requests=2_500, load=("--tls", "--close", "--resume"),
             tls=True, leave_out=TLS_ONLY),
    Scenario("tls_down", "1 MiB to the client, TLS", requests=500, load=(*DOWN, "--tls"), tls=True, bulk=True,
             leave_out=TLS_ONLY),
    Scenario("tls_up", "1 MiB from the client, TLS", requests=500, load=(*UP, "--tls"), tls=True, bulk=True,
             leave_out=TLS_ONLY),
    Scenario("h2", "HTTP/2 over TLS, 16 connections of 32 streams", requests=30_000, h2load=("-c", "16", "-m", "32"),
             tls=True, leave_out=TLS_ONLY),
    Scenario("h2_one", "HTTP/2 over TLS, 1 connection of 100 streams", requests=30_000, h2load=("-c", "1", "-m", "100"),
             tls=True, leave_out=TLS_ONLY),
    Scenario("idle", "idle keep-alive connection, user memory", kind="idle", connections=10_000, leave_out=PUMP_IS_TCP),
    Scenario("reload", "10 reloads under 1,000 new connections a second", kind="reload", requests=5_000,
             load=("--close", "--rate", "1000"), rules=True, leave_out=PUMP_IS_TCP),
    Scenario("pick", "nanoseconds per choice of a backend", kind="pick"),
]
