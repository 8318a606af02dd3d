"""Rows packed by host, for the way through Spark's shuffle.

Spark moves rows one by one and as objects of Java. A worker that packs the rows of a host into few compressed batches of
Arrow first leaves it little to move.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow
    from pyspark.sql import DataFrame

HOST = "host"
# The partition and the place in it, from which the order of a host's rows is known again.
_TASK = "task"
_NUMBER = "number"
_ROWS = "rows"

# Bytes of rows that a worker gathers before it packs them: the more, the more rows of a host are packed together.
_GATHERED = 64 << 20
# Bytes of rows in one pack. Spark hands a worker 10,000 packs at once, which must not exceed the 2 GiB of an Arrow column.
_PACK = 128 << 10


def pack(df: DataFrame, host: str) -> DataFrame:
    """A data frame of packs, each of rows of one host in their order."""
    from pyspark.sql.types import BinaryType, IntegerType, LongType, StructField, StructType

    at = df.columns.index(host)
    members = [
        StructField(HOST, df.schema[at].dataType),
        StructField(_TASK, IntegerType()),
        StructField(_NUMBER, LongType()),
        StructField(_ROWS, BinaryType()),
    ]

    def packs(batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        return _packs(batches, at)

    return df.mapInArrow(packs, StructType(members))


def unpack(packed: pyarrow.Table) -> pyarrow.RecordBatchReader:
    """The rows of a host. They are unpacked as they are read."""
    import pyarrow
    import pyarrow.compute

    keys = [(_TASK, "ascending"), (_NUMBER, "ascending")]
    order = pyarrow.compute.sort_indices(packed.select([_TASK, _NUMBER]), sort_keys=keys).to_pylist()
    packs = packed[_ROWS]
    schema = pyarrow.ipc.open_stream(packs[order[0]].as_buffer()).schema
    batches = (batch for at in order for batch in pyarrow.ipc.open_stream(packs[at].as_buffer()))
    return pyarrow.RecordBatchReader.from_batches(schema, batches)


def _packs(batches: Iterator[pyarrow.RecordBatch], host: int) -> Iterator[pyarrow.RecordBatch]:
    from pyspark import TaskContext

    context = TaskContext.get()
    task = context.partitionId() if context else 0
    number, size = 0, 0
    gathered: list[pyarrow.RecordBatch] = []
    for batch in batches:
        gathered.append(batch)
        size += batch.nbytes
        if size >= _GATHERED:
            packed = _by_host(gathered, host, task, number)
            number, size, gathered = number + packed.num_rows, 0, []
            yield packed
    if gathered:
        yield _by_host(gathered, host, task, number)


def _by_host(gathered: list[pyarrow.RecordBatch], host: int, task: int, number: int) -> pyarrow.RecordBatch:
    """The packs of rows that a worker gathered; `number` is that of the first."""
    import pyarrow
    import pyarrow.compute

    table = pyarrow.Table.from_batches(gathered).combine_chunks()
    codes = pyarrow.compute.dictionary_encode(table.column(host), null_encoding="encode").combine_chunks()
    # Sorting is stable: rows of a host stay in order.
    order = pyarrow.compute.sort_indices(codes.indices)
    table = table.take(order)
    most = max(1, _PACK * table.num_rows // max(1, table.nbytes))
    options = pyarrow.ipc.IpcWriteOptions(compression="lz4")
    begins: list[int] = []
    packs: list[bytes] = []
    begin = 0
    for count in pyarrow.compute.value_counts(codes.indices.take(order)).field("counts").to_pylist():
        end = begin + count
        for at in range(begin, end, most):
            sink = pyarrow.BufferOutputStream()
            with pyarrow.ipc.new_stream(sink, table.schema, options=options) as out:
                out.write_table(table.slice(at, min(most, end - at)))
            begins.append(at)
            packs.append(sink.getvalue().to_pybytes())
        begin = end
    hosts = table.column(host).take(pyarrow.array(begins, pyarrow.int64())).combine_chunks()
    columns = [
        hosts,
        pyarrow.array([task] * len(packs), pyarrow.int32()),
        pyarrow.array(range(number, number + len(packs)), pyarrow.int64()),
        pyarrow.array(packs, pyarrow.binary()),
    ]
    return pyarrow.RecordBatch.from_arrays(columns, [HOST, _TASK, _NUMBER, _ROWS])
