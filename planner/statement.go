package planner

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/bind"
	"github.com/velostream/velo/planner/internal/decorrelate"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// Statement is one query of an application.
type Statement struct {
	// Name is the stream it creates, the sink it inserts into, or query-N.
	Name string
	// Creates is the stream that later statements may read; "" for none.
	Creates string

	text        string
	at          ast.Pos // of its first token, or of the name that it creates
	annotations []ast.Annotation
	bound       *bind.Bound
	plan        logical.Node // bound.Node, renumbered for the columns that are read
	rules       []string     // that changed the plan
	output      ingest.Output
	sink        *sinkDef
	late        *sinkDef // LATE ROWS INTO
	lateOutput  ingest.Output
	readers     int // later statements that read the stream
	broken      bool
	table       bool // made by CREATE TABLE … AS
	deletes     bool // rows of the table may be deleted
	keyed       bool // the rows of the table have a key

	policy    arrowexec.FailurePolicy
	maxPoison int64
	dlq       string // topic or path of dead letters, "" for the default
	dlqPath   bool
	retention time.Duration // distinct.retention
	sizer     arrowexec.SizerOptions

	ledger   *arrowexec.Ledger
	failures *arrowexec.Failures
	scans    []*source
	edges    []*Statement
}

// Columns are the columns of the statement's rows.
func (s *Statement) Columns() []arrow.Field { return s.output.Fields }

func (c *compiler) statementName() string { return fmt.Sprintf("query-%d", c.at+1) }

// query compiles SELECT, CREATE … AS and INSERT: target is the stream or sink,
// with the list before AS.
func (c *compiler) query(s *ast.Statement, q *ast.Query, target string, with *ast.Options, insert *ast.Insert) *Statement {
	before := len(c.errs.Errors())
	st := &Statement{Name: target, text: s.Text, at: s.Pos(), annotations: s.Annotations}
	if target == "" {
		st.Name = c.statementName()
		if n, ok := s.Annotation("name"); ok && n != "" && !inherited(s, "name") {
			st.Name = n
		}
	}
	st.Name = c.uniqueName(st.Name)
	c.job = st.Name
	sinkName := target
	if q.Into != nil {
		sinkName = q.Into.Name
	}
	keys := c.distribute(q, sinkName, with)
	own := keys["#query"]
	c.check(own, "statement", st.Name, queryKeys, nil)
	rel := &relations{c: c, keys: keys, query: q, used: map[string]bool{}}
	b := &bind.Binder{Source: c.o.Source, Errs: &c.errs, Funcs: c.o.Funcs, Aggs: c.aggs, Relations: rel}
	b.Statement(q)
	b.Settings = c.settings(own)
	b.Advise(q)
	st.sink = c.sinkFor(st, sinkName, keys["#sink"], q, insert != nil)
	c.needs(st, &b.Settings)
	if insert != nil {
		d := c.declared[strings.ToLower(insert.Target.Name)]
		b.Settings.KeepNull = d != nil && len(d.create.Columns) > 0
	}
	bound := b.Query(q, true)
	if bound == nil || len(c.errs.Errors()) > before || c.usage != nil {
		return nil
	}
	st.bound = bound
	node, refused := decorrelate.Plan(bound.Node)
	if refused != nil {
		c.errs.Add(diag.Errorf(diag.Refused, c.o.Source, refused.Place, "%s", refused.What).WithHint("%s", refused.Hint))
		return nil
	}
	bound.Node = node
	if c.o.Mode == Query && !bound.Bounded && q.Limit == nil && len(c.o.Connect) == 0 {
		c.errs.Add(diag.Errorf(diag.Unbounded, c.o.Source, q.Pos(), "the query reads a source that does not end").WithHint("add 'bounded'='true' or 'end' to its WITH, or LIMIT to the query; velo-sql run is for queries that go on"))
		return nil
	}
	if insert != nil && !c.insertColumns(st, insert) {
		return nil
	}
	if d := c.target(insert); d != nil && !c.declaredKey(b, st, d) {
		return nil
	}
	if q.LateRows != nil {
		if !c.lateRows(st, q, keys["#late"]) {
			return nil
		}
	}
	if !c.follow(st, q, c.creating == ast.Table && target != "" && insert == nil) {
		return nil
	}
	c.inheritFailures(st, own)
	c.failurePolicy(st, own)
	st.retention = duration(c, own, "distinct.retention", time.Hour)
	c.setSizer(st, s, own)
	c.memoryLimit(own)
	c.adviseKeys(st, keys)
	c.adviseSeek(q, st)
	if g := enum(c, own, "delivery.guarantee", "at_least_once", "at_least_once", "exactly_once"); g == "exactly_once" {
		c.errs.Add(diag.Errorf(diag.Refused, c.o.Source, own.at["delivery.guarantee"], "delivery.guarantee exactly_once is not supported yet").WithHint("at_least_once commits offsets after the output they led to"))
	}
	st.finish(sinkName)
	c.app.Statements = append(c.app.Statements, st)
	return st
}

// uniqueName tells statements that write one sink apart in reports.
func (c *compiler) uniqueName(name string) string {
	out := name
	for i := 2; slices.ContainsFunc(c.app.Statements, func(s *Statement) bool { return s.Name == out }); i++ {
		out = fmt.Sprintf("%s_%d", name, i)
	}
	return out
}

func inherited(s *ast.Statement, key string) bool {
	for i := len(s.Annotations) - 1; i >= 0; i-- {
		if s.Annotations[i].Key == key {
			return s.Annotations[i].Inherited
		}
	}
	return false
}

// finish derives the output, for a sink of this name, from the bound query.
func (st *Statement) finish(sink string) {
	f := st.bound.Node.Fields()
	st.output = ingest.Output{Name: sink, Key: st.bound.Key, Headers: st.bound.Headers, Time: st.bound.Time, Deleted: -1}
	st.output.Fields = nil
	for i := range st.bound.Visible {
		st.output.Fields = append(st.output.Fields, arrow.Field{Name: f[i].Name, Type: f[i].Type, Nullable: true})
	}
}

func (c *compiler) failurePolicy(st *Statement, k *keyset) {
	p := enum(c, k, "failure.strategy", "log_and_continue", "log_and_continue", "dead_letter", "fail_batch", "retry_with_backoff")
	if p == "retry_with_backoff" {
		c.fail(diag.Refused, k.at["failure.strategy"], "failure.strategy retry_with_backoff is not supported yet")
	}
	st.policy = arrowexec.FailurePolicy(p)
	st.maxPoison = integer(c, k, "max.poison.rows", 0)
	if t, ok := k.props.Get("dead.letter.queue.topic"); ok {
		st.dlq = t
	}
	if p, ok := k.props.Get("dead.letter.queue.path"); ok {
		st.dlq, st.dlqPath = p, true
	}
	if st.dlq != "" && p != "dead_letter" && !k.props.Has("late.data.strategy") {
		key := "dead.letter.queue.topic"
		if st.dlqPath {
			key = "dead.letter.queue.path"
		}
		c.errs.Add(diag.Errorf(diag.NoEffect, c.o.Source, k.at[key], "%s has no effect without failure.strategy dead_letter", key))
	}
}

// setSizer gives the statement its batch.* keys; @batch_size stands for
// batch.size.
func (c *compiler) setSizer(st *Statement, s *ast.Statement, k *keyset) {
	if v, ok := s.Annotation("batch_size"); ok && !k.props.Has("batch.size") {
		at := s.Pos()
		for _, a := range s.Annotations {
			if a.Key == "batch_size" {
				at = a.ValuePos
			}
		}
		k.set("batch.size", v, "@batch_size", at)
	}
	st.sizer = c.sizer(k)
}

func parseColumns(text string) (*arrow.Schema, error) {
	return bind.Columns(text)
}
