"""Memory stays flat, whatever the size of the file and however odd its quotes are."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import io, sys
from pipelines.extract.content import Content
from pipelines.extract.formats.csv_decode import decode
from pipelines.naming import NameMap
from pipelines.spec import Column, Csv, FileStream

class Endless(io.RawIOBase):
    def __init__(self, line, count):
        self.block, self.left = line * 10_000, count // 10_000
        self.ahead = b"id,text,amount\\n"
    def read(self, size=-1):
        while self.left and len(self.ahead) < size:
            self.ahead += self.block
            self.left -= 1
        data, self.ahead = self.ahead[:size], self.ahead[size:]
        return data

count, line = int(sys.argv[1]), sys.argv[2].encode() + b"\\n"
columns = {"id": Column(type="BIGINT"), "amount": Column(type="DECIMAL(18,2)")}
stream = FileStream(name="x", files=(), format=Csv(), description="", columns=columns)
rows = 0
for chunk in decode(Content("x", Endless(line, count)), stream, NameMap()):
    rows += chunk.rows.num_rows
assert rows == count, rows
# Not getrusage, which knows the peak of the process that started this one, too.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak.split()[1]) // 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", ['1,"a, ""quoted"" text of a company",12.50', '2,5" pipe of a firm,7']
)
def test_five_times_the_rows_take_no_more_memory(line: str) -> None:
    small, large = (
        int(subprocess.check_output([sys.executable, "-c", SCRIPT, str(rows), line]))
        for rows in (1_000_000, 5_000_000)
    )
    assert large < 1000, "megabytes at the peak"
    assert large < 1.25 * small + 50
