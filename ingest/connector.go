package ingest

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
)

// Connector is one source of a statement, found and ready to be scanned. Its
// methods may be called from one goroutine at a time.
type Connector interface {
	// Schema gives the payload columns: those declared, else those inferred from
	// the first records. System columns are not among them. A nil schema means
	// that the columns are not known yet: an empty source of an inferred format, which
	// may be asked again.
	Schema(ctx context.Context) (*arrow.Schema, error)
	// Bounded tells whether the source ends.
	Bounded() bool
	// System tells which system columns the source fills; a query that reads
	// another is refused.
	System() []string
	// Scan opens the source for one query: one piece, or several that can be read
	// by one pipeline each, in this order. Bad records go to s.Failures.
	Scan(ctx context.Context, s Scan) ([]arrowexec.Piece, error)
	// Describe says in a line what is read, for explain; no secrets.
	Describe() string
	Close() error
}

// Scan is what a query wants of a source. Batches have the columns of Columns,
// then those of System, in these orders and types.
type Scan struct {
	// Columns are the payload columns to decode, types pruned to the struct
	// fields that the query reads. Names are those of the connector's schema.
	Columns []arrow.Field
	// System are names of system columns, lower case.
	System []string
	// Failures receives records that cannot be decoded; it may be called from
	// several pipelines.
	Failures *arrowexec.Failures
	// Threads is how many pipelines there will be; a source may split itself in
	// more pieces than that. 1 asks for one piece.
	Threads int
	// Start and End bound what is read by position or time; nil: as configured.
	Seek *Seek
	// Skipped counts payload fields that the schema does not have, and records
	// that are no row (tombstones on a stream); may be nil.
	Skipped *Skipped
}

// Seek narrows a scan by predicates on system columns; a connector that cannot
// seek ignores it, for the predicates are evaluated all the same.
type Seek struct {
	Partitions                 []int32 // nil: all
	FromOffset, ToOffset       int64   // inclusive; ToOffset < 0: none
	FromTimestamp, ToTimestamp int64   // inclusive, ms; ToTimestamp < 0: none
}

// Seeker is a connector that narrows its scans by [Scan.Seek].
type Seeker interface{ Seeks() bool }

// Loader is a connector of a table that does not end: the first pieces of its scan,
// so many, end where the source stands when they are opened.
type Loader interface{ Loads() int }

// Sized is a connector that knows about how many rows it has, before it is read;
// negative: it does not.
type Sized interface{ Rows() int64 }

// Rereader is a connector that can be scanned several times, each time for the same
// rows, at a cost that is small next to that of keeping them.
type Rereader interface{ Rereads() bool }

// Has tells whether a record is within the bounds.
func (s *Seek) Has(partition int32, offset, timestamp int64) bool {
	return (s.Partitions == nil || slices.Contains(s.Partitions, partition)) &&
		offset >= s.FromOffset && (s.ToOffset < 0 || offset <= s.ToOffset) &&
		timestamp >= s.FromTimestamp && (s.ToTimestamp < 0 || timestamp <= s.ToTimestamp)
}

// Skipped counts what a decoder passed over: records that are no row, and those
// that were read and lie outside of the seek. Updated atomically, once a batch.
type Skipped struct {
	UnknownFields, Tombstones, Sought int64
}

// The system columns that sources fill, and their types: [SystemType].
const (
	ColTimestamp = "_timestamp" // BIGINT ms
	ColOffset    = "_offset"    // BIGINT
	ColPartition = "_partition" // INT
	ColTopic     = "_topic"     // STRING
	ColKey       = "_key"       // STRING; BYTES values are base64 text only on output
	ColHeaders   = "_headers"   // MAP<STRING,BYTES>
	// ColDeleted is asked of a table's source only: the record has no payload and
	// deletes the row of its key, of which it has the columns alone.
	ColDeleted = "_deleted" // BOOLEAN
)

// Env is what the outside world is to a connector or sink; injected, so that
// tests and replays are deterministic.
type Env struct {
	FS      fs.FS        // nil: the operating system's files
	Stdin   io.Reader    // for the path "-"
	Stdout  io.Writer    // for stdout_sink
	Dirs    []string     // where relative paths are looked for, in this order
	Clock   func() int64 // ms; nil: the wall clock
	Start   int64        // the run's start, ms: the time of records that have none
	Log     *slog.Logger // nil: silent
	Replay  bool         // sources are read from files and no broker is contacted
	AppName string       // for group ids and client ids
	Query   string       // name of the statement
}

// SourceSpec is a source as a statement describes it.
type SourceSpec struct {
	Name    string        // its name in SQL
	Props   Props         // keys without the "NAME." prefix
	Columns *arrow.Schema // declared columns; nil: none. Nullable false is NOT NULL
	// KeyFields are columns filled from the message key ("key.fields", or PRIMARY
	// KEY columns that the payload lacks).
	KeyFields []string
	// Table says that the source is a table: it fills [ColDeleted] where its records
	// can be deletions, and is read from its beginning.
	Table bool
	// Empty says that the source had no record when its columns were asked for: a read
	// without end begins with the first there is now, also where it would begin with
	// what comes later.
	Empty bool
	Env   Env
}

// Output describes the batches that a sink gets: the payload columns come first,
// then the columns that Key, Headers, Time and Deleted name; -1: there is none.
type Output struct {
	Name    string // of the stream or sink, "" for rows of a query without one
	Fields  []arrow.Field
	Key     int // STRING or BYTES, NULL for none
	Headers int // MAP<STRING,BYTES>
	Time    int // TIMESTAMP (ms)
	Deleted int // BOOLEAN: the row is a deletion (a tombstone)
}

// Payload are the columns that are written as payload: those before the others.
func (o Output) Payload() []arrow.Field {
	n := len(o.Fields)
	for _, c := range []int{o.Key, o.Headers, o.Time, o.Deleted} {
		if c >= 0 {
			n = min(n, c)
		}
	}
	return o.Fields[:n]
}

// SinkSpec is a sink as a statement describes it.
type SinkSpec struct {
	Name   string
	Props  Props
	Output Output
	Env    Env
}

// Declarer is a [Connector] of which the columns are known without a declaration,
// and which takes one all the same; Schema then gives the declared columns. The
// error says which of them cannot be had.
type Declarer interface {
	Declare(columns *arrow.Schema) error
}

// Untimed is a [Connector] whose records may have no timestamps of their own;
// _timestamp is then the time they were read, in a replay their event time.
type Untimed interface {
	Untimed() bool
}
