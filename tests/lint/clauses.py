#!/usr/bin/env python3
"""Guards doc/protocols/rfc9568.md: every test that it names exists, every MUST and SHOULD names one, no section is missing.

Run without arguments it checks the tree and exits 1 with one line per violation; with --self-test it proves that each rule
can fail.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = 'doc/protocols/rfc9568.md'
LEVELS = {'MUST', 'MUST NOT', 'SHOULD', 'SHOULD NOT', 'MAY', 'rule'}
EXEMPT = '**Not ours**'

# Sections that rule something, with the number of their MUSTs (or MUST NOTs) and SHOULDs (or SHOULD NOTs).
SECTIONS = {
    '5.1.1.1': (0, 0), '5.1.1.2': (1, 0), '5.1.1.3': (2, 0), '5.1.1.4': (0, 0), '5.1.2.1': (0, 0), '5.1.2.2': (1, 0),
    '5.1.2.3': (2, 0), '5.1.2.4': (0, 0), '5.2.1': (0, 0), '5.2.2': (1, 0), '5.2.3': (0, 0), '5.2.4': (2, 0), '5.2.5': (1, 0),
    '5.2.6': (1, 0), '5.2.7': (0, 0), '5.2.8': (2, 0), '5.2.9': (2, 0), '6.1': (1, 0), '6.2': (0, 0), '6.3': (0, 0),
    '6.4.1': (2, 0), '6.4.2': (10, 0), '6.4.3': (12, 0), '7.1': (7, 3), '7.2': (5, 0), '7.3': (0, 0), '7.4': (1, 0),
    '8.1.1': (1, 1), '8.1.2': (3, 3), '8.1.3': (1, 0), '8.2.1': (1, 1), '8.2.2': (5, 2), '8.2.3': (1, 1), '8.2.4': (0, 1),
    '8.3.1': (0, 1), '8.3.2': (0, 3), '8.4': (0, 0), '8.4.1': (0, 0), '8.4.2': (3, 1), '8.4.2.1.1': (0, 1),
    'erratum 7947': (1, 0), 'erratum 7949': (1, 0), 'erratum 8298': (0, 1), 'erratum 8299': (1, 0), 'erratum 8300': (1, 0),
    'erratum 8301': (1, 0),
}


def rows(text):
    """(line number, clause, level, what, names of tests) of each row of a table."""
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip('|').split('|')]
        if not line.startswith('|') or set(line) <= set('|-') or cells[0] == 'Clause':
            continue
        if len(cells) != 4:
            yield number, line, '', '', []
            continue
        yield number, cells[0], cells[1], cells[2], re.findall(r'`([^`]+)`', cells[3])


def violations(text, titles, functions):
    """`titles`: of all test cases; `functions`: {file name: names of its functions}."""
    counted = {}
    seen = set()
    for number, clause, level, what, tests in rows(text):
        where = f'{DOCUMENT}:{number}: {clause}'
        if level not in LEVELS:
            yield f'{where}: no row of four cells with a level'
            continue
        if clause in seen:
            yield f'{where}: twice'
        seen.add(clause)
        section = re.sub(r' (\(\d+\)|#\d+)$', '', clause)
        musts, shoulds = counted.get(section, (0, 0))
        counted[section] = (musts + level.startswith('MUST'), shoulds + level.startswith('SHOULD'))
        if not tests and not what.startswith(EXEMPT):
            yield f'{where}: names no test'
        for test in tests:
            file, function = re.fullmatch(r'(?:(\w+\.py): )?(.*)', test).groups()
            if function not in (functions.get(file, ()) if file else titles):
                yield f'{where}: there is no test "{test}"'
    for section, wanted in SECTIONS.items():
        if section not in counted:
            yield f'{DOCUMENT}: {section} is missing'
        elif counted[section] != wanted:
            yield f'{DOCUMENT}: {section} has {counted[section]} rows of MUST and SHOULD, not {wanted}'
    for section in counted.keys() - SECTIONS.keys():
        yield f'{DOCUMENT}: section {section} is unknown to {pathlib.Path(__file__).name}'


def existing():
    titles = set()
    for folder in ('unit', 'sim'):
        for path in (ROOT / 'tests' / folder).rglob('*.cpp'):
            titles.update(re.findall(r'TEST_CASE\("([^"]+)"\)', path.read_text()))
    functions = {}
    for path in (ROOT / 'tests').rglob('*.py'):
        functions.setdefault(path.name, set()).update(re.findall(r'^def (\w+)\(', path.read_text(), re.M))
    return titles, functions


def self_test():
    titles, functions = existing()
    good = (ROOT / DOCUMENT).read_text()
    row = next(line for line in good.splitlines() if line.startswith('| 5.1.2.3 #2'))
    bad = {
        'a test case that does not exist': good.replace(row, row.replace('every check', 'each check')),
        'a function that does not exist': good.replace('spoofed.py: forgeries', 'spoofed.py: forgery'),
        'a file that does not exist': good.replace('spoofed.py: forgeries', 'spoof.py: forgeries'),
        'a MUST without a test': good.replace(row, re.sub('`[^`]*`', '', row)),
        'a MUST that is missing': good.replace(row + '\n', ''),
        'a level that is none': good.replace(row, row.replace('MUST', 'OUGHT')),
        'a clause twice': good.replace(row, row + '\n' + row),
        'a section that is missing': '\n'.join(line for line in good.splitlines() if not line.startswith('| 7.4')),
        'a section that the RFC does not have': good.replace(row, row + '\n' + row.replace('5.1.2.3 #2', '5.3 #1')),
    }
    silent = [what for what, text in bad.items() if text == good or not list(violations(text, titles, functions))]
    for what in silent:
        print(f'self-test: not caught: {what}')
    return 1 if silent else 0


def main():
    if '--self-test' in sys.argv:
        return self_test()
    text = (ROOT / DOCUMENT).read_text()
    found = list(violations(text, *existing()))
    for violation in found:
        print(violation)
    clauses = list(rows(text))
    print(f'{len(clauses)} clauses, {len(found)} violations')
    return 1 if found or not clauses else 0


if __name__ == '__main__':
    sys.exit(main())
