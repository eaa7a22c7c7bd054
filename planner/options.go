package planner

import (
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/operators/agg"
)

// Mode is what a compilation is for; it decides defaults and where rows go.
type Mode uint8

// The modes.
const (
	// Query is one bounded query whose rows go to Options.Rows; GROUP BY without
	// EMIT is FINAL.
	Query Mode = iota
	// Replay runs an application with sources read from files and sinks written to
	// files; no broker is contacted.
	Replay
	// Run runs an application against its real sources and sinks.
	Run
	// Validate reads SQL, configuration and schema files only and runs nothing.
	Validate
)

// Binding is one --from or --to: a name, a path, and options that win over keys
// of the same name in WITH.
type Binding struct {
	Name, Path string
	Props      map[string]string
}

// Options are what a compilation depends on besides the text.
type Options struct {
	Mode     Mode
	Source   string // name of the file for messages; "query" for the command line
	Registry *ingest.Registry
	Funcs    *expr.Registry
	Aggs     []*agg.Func
	Env      ingest.Env

	From []Binding
	To   []Binding
	Out  string // folder for the sinks of a replay; "": stdout, if there is one sink
	// Set are WITH keys that win over the file's (--set); Client are client
	// properties for every Kafka source and sink (-X); Broker is their
	// bootstrap.servers when they have none.
	Set, Client map[string]string
	Broker      string
	ConfigFile  string
	Vars        map[string]string
	LookupEnv   func(string) (string, bool)

	// Rows makes the sink of a query's rows; fields are the columns.
	Rows func(out ingest.Output) (arrowexec.Sink, error)
	// RowsBinary says that Rows takes headers, key and time too (capture output).
	RowsRecord bool
	// Connect overrides sources by name, for embedders.
	Connect map[string]ingest.Connector
	// SinkFor overrides sinks by name, for embedders.
	SinkFor map[string]func(out ingest.Output) (arrowexec.Sink, error)

	Threads     int
	MemoryLimit int64
	// RulesOff names planner rules that shall not run, for tests: the rows are the
	// same without them.
	RulesOff []string
	// empty are the sources, by their ids, that had no record when their columns were
	// asked for before.
	empty  map[string]bool
	LogRow func(query string, e *arrowexec.RowError)
	Warn   func(string)
}

// RunOptions are those of one run.
type RunOptions struct {
	Allocator     memory.Allocator
	Poison        bool
	Stop          <-chan struct{}
	Progress      func(arrowexec.SourceStats)
	ProgressEvery time.Duration
	Speed         float64 // paced replay; 0: as fast as possible
	Analyze       bool
	Sizer         *arrowexec.SizerOptions // wins over the batch.* keys
	CommitEvery   time.Duration
	MaxData       int // bytes that one column of text may hold; 0: 2 GiB
	// Between is called between two batches, when every row read has gone through
	// all statements that share its source; take writes the application down.
	// Sources are then read in one piece.
	Between func(take func() (*Cut, error)) error
	// From lets the run go on where a cut was made.
	From *Cut
}
