package ast

// Statement is one statement of a file with what stands around it.
type Statement struct {
	Place // of its first token
	Body  Body
	// Source is the name of the file, or "query".
	Source string
	// Text is the statement as written, without its `;`, before variables were
	// expanded.
	Text string
	// End is the place just past its last token.
	End Pos
	// Annotations are those of the file, then its own, each in order. A key of
	// the file that the statement sets itself is left out.
	Annotations []Annotation
}

// Annotation is a comment `-- @key: value` before a statement.
type Annotation struct {
	Place            // of the `@`
	Key       string // lower case, without `@`
	Value     string // trimmed, variables expanded, one pair of quotes removed
	ValuePos  Pos
	Inherited bool // from the head of the file
}

// Annotation returns the value of the last annotation with that key.
func (s *Statement) Annotation(key string) (string, bool) {
	for i := len(s.Annotations) - 1; i >= 0; i-- {
		if s.Annotations[i].Key == key {
			return s.Annotations[i].Value, true
		}
	}
	return "", false
}

// Body is what a statement does: *Query, *Create, *Insert, *Drop, *Explain,
// *Describe, *Show, *StartJob, *StopJob, *PauseJob, *ResumeJob, *DeployJob,
// *RollbackJob, or *Bad.
type Body interface {
	Node
	body()
}

// Bad stands for a statement with a syntax error, which was reported. It is
// kept so that later statements that read what it would have made are not
// reported as well: Creates is the name after CREATE STREAM|TABLE or INSERT
// INTO, nil when there is none or it could not be read.
type Bad struct {
	Place
	Creates *Ident
}

// Relation tells streams from tables in CREATE and DROP.
type Relation uint8

// The relations.
const (
	Stream Relation = iota
	Table
)

func (r Relation) String() string {
	if r == Table {
		return "TABLE"
	}
	return "STREAM"
}

// Create is CREATE STREAM|TABLE. Without Query it declares a source, with one
// it is a continuous query and its sink.
type Create struct {
	Place
	Relation    Relation
	IfNotExists bool
	OrReplace   bool
	Name        Ident
	// Columns is the declared list; HasColumns tells `()` absent from present.
	// In CREATE … AS a column may have no Type (nil).
	Columns    []*ColumnDef
	HasColumns bool
	// PrimaryKey is the composite `PRIMARY KEY (a, b)` of the column list; the
	// mark on single columns is ColumnDef.PrimaryKey.
	PrimaryKey []Ident
	With       *Options // before AS, or the only one of a declaration
	Query      *Query   // with its own WITH in Query.With
}

// ColumnDef is one declared column.
type ColumnDef struct {
	Place
	Name       Ident
	Type       *TypeName
	NotNull    bool
	PrimaryKey bool
}

// Insert is INSERT INTO sink [(cols)] query; VALUES is a Query whose Body is
// *Values.
type Insert struct {
	Place
	Target     Ident
	Columns    []Ident
	HasColumns bool
	Query      *Query
}

// Drop is DROP STREAM|TABLE.
type Drop struct {
	Place
	Relation Relation
	IfExists bool
	Name     Ident
}

// Explain is EXPLAIN [ANALYZE] statement.
type Explain struct {
	Place
	Analyze bool
	Body    Body
}

// Describe is DESCRIBE name, or a quoted path or URI.
type Describe struct {
	Place
	Name Ident
	URI  *StringLit // instead of Name, when the thing is a path
}

// ShowKind is what SHOW lists.
type ShowKind string

// What can be shown.
const (
	ShowStreams    ShowKind = "STREAMS"
	ShowTables     ShowKind = "TABLES"
	ShowTopics     ShowKind = "TOPICS"
	ShowFunctions  ShowKind = "FUNCTIONS"
	ShowJobs       ShowKind = "JOBS"
	ShowSchema     ShowKind = "SCHEMA"
	ShowStatus     ShowKind = "STATUS"
	ShowMetrics    ShowKind = "METRICS"
	ShowPartitions ShowKind = "PARTITIONS"
	ShowProperties ShowKind = "PROPERTIES"
	ShowVersions   ShowKind = "VERSIONS"
)

// Show is SHOW what [name] [LIKE 'pattern'].
type Show struct {
	Place
	Kind ShowKind
	Name *Ident
	Like *StringLit
}

// StartJob is START JOB name AS body, body being *Query, *Insert or *Create.
type StartJob struct {
	Place
	Name Ident
	Body Body
}

// StopJob is STOP JOB name [FORCE].
type StopJob struct {
	Place
	Name  Ident
	Force bool
}

// PauseJob is PAUSE JOB name.
type PauseJob struct {
	Place
	Name Ident
}

// ResumeJob is RESUME JOB name.
type ResumeJob struct {
	Place
	Name Ident
}

// Strategy is how DEPLOY replaces a running version.
type Strategy string

// The strategies; StrategyDefault when none is written.
const (
	StrategyDefault   Strategy = ""
	StrategyBlueGreen Strategy = "BLUE_GREEN"
	StrategyCanary    Strategy = "CANARY"
	StrategyRolling   Strategy = "ROLLING"
	StrategyReplace   Strategy = "REPLACE"
)

// DeployJob is DEPLOY JOB name VERSION 'v' AS body [STRATEGY …].
type DeployJob struct {
	Place
	Name     Ident
	Version  *StringLit
	Body     Body
	Strategy Strategy
	Percent  float64 // of CANARY(p), above 0 and at most 100
}

// RollbackJob is ROLLBACK JOB name [VERSION 'v'].
type RollbackJob struct {
	Place
	Name    Ident
	Version *StringLit
}

// Options is a list WITH ('key'='value', …).
type Options struct {
	Place // of WITH
	Items []*Option
}

// Option is one key and its value, both as text: numbers, TRUE and FALSE may
// stand without quotes. Keys are case-insensitive and unique within the list.
type Option struct {
	Place    // of the key
	Key      string
	Value    string
	ValuePos Pos
	// Bare says that the value stood without quotes.
	Bare bool
}

// Get returns the option with that key, letter case aside. It works on nil.
func (o *Options) Get(key string) (*Option, bool) {
	if o == nil {
		return nil, false
	}
	for _, it := range o.Items {
		if equalFold(it.Key, key) {
			return it, true
		}
	}
	return nil, false
}

func (*Query) body()       {}
func (*Create) body()      {}
func (*Insert) body()      {}
func (*Drop) body()        {}
func (*Explain) body()     {}
func (*Describe) body()    {}
func (*Show) body()        {}
func (*StartJob) body()    {}
func (*StopJob) body()     {}
func (*PauseJob) body()    {}
func (*ResumeJob) body()   {}
func (*DeployJob) body()   {}
func (*RollbackJob) body() {}
func (*Bad) body()         {}
