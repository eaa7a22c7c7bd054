package timetest

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

var (
	seeds = flag.Int("seeds", 500, "number of cases")
	first = flag.Uint64("from", 1, "seed of the first case")
	show  = flag.Bool("show", false, "print every case")
	most  = flag.Int("most", 5, "differences to print")
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestModel compares the engine with the model, one case for each seed.
func TestModel(t *testing.T) {
	bad := 0
	for i := range *seeds {
		seed := *first + uint64(i)
		a := generate(seed)
		if *show {
			t.Logf("seed %d\n%s", seed, a)
		}
		why := differs(a)
		if why == "" {
			continue
		}
		bad++
		if bad <= *most {
			small := shrink(a, differs)
			t.Errorf("seed %d: %s\nshrunk: %s\n%s", seed, why, differs(small), small)
		}
	}
	if bad > 0 {
		t.Errorf("%d of %d cases differ", bad, *seeds)
	}
	t.Logf("%d cases, %d differences", *seeds, bad)
}

// TestSeedsThatDiffered runs cases of which long runs of TestModel said that they
// differ: at a cut behind the end of an input, its aggregate gave fates twice.
func TestSeedsThatDiffered(t *testing.T) {
	for _, seed := range []uint64{54854, 68407} {
		if why := differs(generate(seed)); why != "" {
			t.Errorf("seed %d: %s", seed, why)
		}
	}
}

// differs runs a case in several ways and tells how the engine differs from the
// model, "" if it does not.
func differs(a *app) (why string) {
	defer func() {
		if x := recover(); x != nil {
			why = fmt.Sprintf("panic: %v", x)
		}
	}()
	want := model(a)
	for _, w := range ways(a) {
		got, err := run(a, w[0], w[1])
		if err != nil {
			return fmt.Sprintf("batch %d threads %d: %v", w[0], w[1], err)
		}
		if d := compareOutcomes(a, want, got); d != "" {
			return fmt.Sprintf("batch %d threads %d: %s", w[0], w[1], d)
		}
	}
	if len(a.shape.cuts) > 0 {
		got, err := runCut(a, a.shape.batch)
		if err != nil {
			return fmt.Sprintf("cut: %v", err)
		}
		if d := compareOutcomes(a, want, got); d != "" {
			return "cut: " + d
		}
	}
	return ""
}

// ways are the batch sizes and threads that a case is run with.
func ways(a *app) [][2]int {
	list := [][2]int{{a.shape.batch, a.shape.threads}}
	for _, q := range a.queries {
		if q.emit == "batch" {
			return list
		}
	}
	return append(list, [2]int{1 + (a.shape.batch*7)%11, 1})
}

func compareOutcomes(a *app, want, got outcome) string {
	if a.shared() && !slices.Equal(want.lines["o"], got.lines["o"]) {
		return fmt.Sprintf("rows of o:\n%s\nthe model has\n%s", indent(got.lines["o"]), indent(want.lines["o"]))
	}
	for _, q := range a.queries {
		for _, s := range []string{q.name, q.name + "_late", q.name + ".dlq"} {
			if q.into != "" || strings.HasSuffix(s, "_late") && !q.lateInto || strings.HasSuffix(s, ".dlq") && q.late != "dead_letter" {
				continue
			}
			if !slices.Equal(want.lines[s], got.lines[s]) {
				return fmt.Sprintf("rows of %s:\n%s\nthe model has\n%s", s, indent(got.lines[s]), indent(want.lines[s]))
			}
		}
	}
	for _, q := range a.queries {
		w, g := want.ledgers[q.name], got.ledgers[q.name]
		if sum := g.used + g.filtered + g.late + g.failed + g.held; g.in != sum {
			return fmt.Sprintf("the ledger of %s does not add up: %+v", q.name, g)
		}
		if cutShort(a) {
			continue // what is not read counts nowhere
		}
		if loose(q) {
			w.used, w.filtered = w.used+w.filtered, 0
			g.used, g.filtered = g.used+g.filtered, 0
		}
		if w != g {
			return fmt.Sprintf("the ledger of %s is %+v, the model has %+v", q.name, g, w)
		}
	}
	return ""
}

// compareCut compares at a cut. A row of several windows that may still be
// corrected is settled with the last of them: until then it counts as held. So
// do rows of groups that HAVING has refused and may still take. Rows of an
// interval that records of another source have ended come with the next record.
func compareCut(a *app, want, got outcome) string {
	for _, q := range a.queries {
		several := q.win != nil && (q.win.kind == "SLIDING" || q.win.kind == "CUMULATE")
		paced := q.emit == "every" && len(a.sources) > 1
		if paced && len(got.lines[q.name]) < len(want.lines[q.name]) {
			want.lines[q.name] = want.lines[q.name][:len(got.lines[q.name])]
		}
		for _, o := range []outcome{want, got} {
			if l := o.ledgers[q.name]; q.late == "update_previous" && (several || q.emit == "every" || q.emit == "batch") || loose(q) || q.having != nil || paced {
				l.used, l.filtered, l.held = l.used+l.filtered+l.held, 0, 0
				o.ledgers[q.name] = l
			}
		}
	}
	return compareOutcomes(a, want, got)
}

// cutShort tells whether a LIMIT may end a query before its input.
func cutShort(a *app) bool {
	for _, q := range a.queries {
		if q.limit >= 0 && q.win == nil {
			return true
		}
	}
	return false
}

// loose tells that a row takes part in several results, of which some are not
// emitted: whether it is used or filtered then is a matter of taste.
func loose(q *query) bool {
	several := q.win != nil && q.win.kind != "TUMBLING" || q.late == "update_previous" || !q.final()
	return several && (q.having != nil || q.limit >= 0)
}

func indent(l []string) string { return "  " + strings.Join(l, "\n  ") }

// String shows a case: the statements, the input, and how it is run.
func (a *app) String() string {
	var b strings.Builder
	b.WriteString(a.sql())
	for _, s := range a.sources {
		fmt.Fprintf(&b, "-- %s: %d partitions, %d records", s.name, s.parts, len(s.recs))
		if s.stamps {
			b.WriteString(" with timestamps")
		}
		b.WriteByte('\n')
		for _, r := range s.recs {
			fmt.Fprintf(&b, "--   p%d %s", r.part, line(names(sourceColumns), r.vals))
			if r.gone != "" {
				fmt.Fprintf(&b, " (%s)", r.gone)
			}
			if s.stamps {
				fmt.Fprintf(&b, " at %d", r.stamp)
			}
			b.WriteByte('\n')
		}
	}
	if a.shape.without != "" {
		fmt.Fprintf(&b, "-- without the rule %s\n", a.shape.without)
	}
	fmt.Fprintf(&b, "-- batch %d, threads %d, pieces %d, cuts after batches %v", a.shape.batch, a.shape.threads, a.shape.pieces, a.shape.cuts)
	return b.String()
}
