package arrowexec

// Ledger counts the fate of every input row of one query:
//
//	In = Used + Filtered + Late + Failed + Held
//
// Used rows took part in at least one emitted row; held ones are only in state
// that was never emitted. Operators move rows from "in" to another fate by
// adding weights ([Batch.Weights]); the sink adds the weights of what it writes
// to Used. LateApplied counts late rows that a strategy used all the same; it
// stands beside the six and is not in the sum. One goroutine owns a Ledger.
type Ledger struct {
	In, Used, Filtered, Late, Failed, Held, Out int64
	LateApplied                                 int64
}

// Add adds the counts of another ledger.
func (l *Ledger) Add(o Ledger) {
	l.In += o.In
	l.Used += o.Used
	l.Filtered += o.Filtered
	l.Late += o.Late
	l.Failed += o.Failed
	l.Held += o.Held
	l.Out += o.Out
	l.LateApplied += o.LateApplied
}
