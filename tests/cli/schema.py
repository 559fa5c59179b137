#!/usr/bin/env python3
"""`lbctl schema` before a real validator: it accepts the examples and what init writes, and refuses mistakes.

For every mistake `lbctl check` is asked, too: the schema must never be stricter than the daemons."""
import copy
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print('SKIPPED: python3-jsonschema is not installed')
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[2]
LBCTL = str(pathlib.Path(os.environ['TANDEM_BIN'], 'lbctl'))
failures = 0


def fail(text):
    global failures
    failures += 1
    print(f'FAIL {text}')


def without_comments(text):
    """JSON with // and /* */ comments, which may also stand inside strings, as JSON."""
    token = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.S)
    return json.loads(token.sub(lambda match: match[0] if match[0].startswith('"') else ' ', text))


def lbctl(*words):
    return subprocess.run([LBCTL, *words], capture_output=True, text=True, timeout=30)


def check_accepts(document):
    with tempfile.NamedTemporaryFile('w', suffix='.json') as file:
        json.dump(document, file)
        file.flush()
        outcome = json.loads(lbctl('check', file.name, '--json').stdout)
    return not outcome['diagnostics']


def walk(document, place=()):
    """Every value of the document with its place."""
    yield place, document
    if isinstance(document, dict):
        for key, value in document.items():
            yield from walk(value, place + (key,))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from walk(value, place + (index,))


def changed(document, place, value):
    result = copy.deepcopy(document)
    target = result
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    return result


def mistakes_of(example):
    """Documents with one mistake each: every value of a type that no key has, an unknown key in every object."""
    for place, value in walk(example):
        if isinstance(value, dict) and not (place and place[-1] in ('set', 'add')):
            yield f'an unknown key at {place}', changed({'r': example}, ('r',) + place + ('no_such_key',), 1)['r']
        if place:
            yield f'null at {place}', changed(example, place, None)


def main():
    schema = json.loads(lbctl('schema').stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)

    initial = lbctl('init', '--node', 'lb1=192.0.2.11', '--node', 'lb2=192.0.2.12', '--vip', '192.0.2.100/24', '--interface', 'eth0',
                    '--backend', '192.0.2.21:8080', '--health-path', '/ready', '--output', '-').stdout
    good = {'what init writes': initial, 'packaging/tandem.json': (ROOT / 'packaging/tandem.json').read_text()}
    for example in sorted((ROOT / 'doc/example').glob('*.json')):
        good[str(example.relative_to(ROOT))] = example.read_text()
    for name, text in good.items():
        document = without_comments(text)
        for error in validator.iter_errors(document):
            fail(f'{name}: {list(error.absolute_path)}: {error.message}')
        if name != 'packaging/tandem.json' and '$schema' not in document:
            fail(f'{name} does not name its schema')

    tried = 0
    for name in ('doc/example/tandem.json', 'doc/example/pair.json'):
        for what, document in mistakes_of(without_comments(good[name])):
            tried += 1
            if validator.is_valid(document):
                fail(f'{name}: {what} is accepted')
    example = without_comments(good['doc/example/pair.json'])
    for what, place, value, refused in (
            ('a number for a duration', ('timeouts', 'connect'), 5, True),
            ('a duration without a unit', ('timeouts', 'connect'), '5', True),
            ('an unknown algorithm', ('target_groups', 0, 'algorithm'), 'fastest', True),
            ('a port beyond the last', ('listeners', 0, 'port'), 65536, True),
            ('a quoted number', ('listeners', 0, 'port'), '80', True),
            ('a backend without a port', ('target_groups', 0, 'backends', 0, 'address'), '192.0.2.21', True),
            ('a missing key', ('target_groups', 0), {'name': 'x'}, True),
            ('an odd redirect', ('listeners', 0, 'rules', 0, 'redirect', 'status'), 303, False),
            ('a redirect of no known kind', ('listeners', 0, 'rules', 0, 'redirect', 'status'), 399, True),
            ('two conditions in one', ('listeners', 0, 'rules', 0, 'conditions', 0), {'host': 'a', 'path': '/b'}, True),
            ('one value without brackets', ('listeners', 0, 'rules', 0, 'conditions', 0), {'host': 'a'}, False),
            ('a size in bytes', ('limits', 'head_bytes'), 32768, False),
            ('a size with a unit', ('limits', 'head_bytes'), '1MiB', False),
            ('a size in megabytes', ('limits', 'head_bytes'), '1MB', True),
            ('several status ranges', ('target_groups', 0, 'health_check', 'expect_status'), '200-204, 301', False),
            ('a status out of range', ('target_groups', 0, 'health_check', 'expect_status'), 600, True)):
        document = changed(example, place, value)
        tried += 1
        if validator.is_valid(document) == refused:
            fail(f'{what} is {"accepted" if refused else "refused"} by the schema')
        if check_accepts(document) == refused:
            fail(f'{what} is {"accepted" if refused else "refused"} by lbctl check')
    print(f'{len(good)} good files, {tried} variations')
    return 1 if failures else 0


sys.exit(main())
