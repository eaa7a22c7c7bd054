package optest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
)

// Options of [Check].
type Options struct {
	Seeds int  // random presentations; 0: 40
	Plain bool // no rows outside the selection: for operators right after a source
	// AnyLedger leaves the ledger out of the comparison: for operators that stop
	// reading, whose counts depend on what was read.
	AnyLedger bool
}

// Check runs an operator over the input in many shapes and holds that all give
// the same rows, in the same order, with the same weights and fates. It returns
// the result of the plain run.
func Check(t *testing.T, mk func(*Env) arrowexec.Operator, in Input, o Options) Result {
	t.Helper()
	if o.Seeds == 0 {
		o.Seeds = 40
	}
	want := Run(t, mk, in, Shape{})
	for seed := range uint64(o.Seeds) {
		sh := Shape{Seed: seed, Random: seed%2 == 1, Layouts: seed%3 != 0, Junk: !o.Plain && seed%5 > 1,
			Snapshot: seed%4 == 3, Empty: seed%7 == 1}
		sh.Batch = []int{1, 2, 3, 7, 64, 0}[seed%6]
		got := Run(t, mk, in, sh)
		name := fmt.Sprintf("%+v", sh)
		sameRows(t, want.Rows, got.Rows, name)
		require.Equal(t, want.Failed, got.Failed, name)
		if !o.AnyLedger {
			require.Equal(t, want.Ledger, got.Ledger, name)
		}
	}
	return want
}

// Balanced holds that every input row had one fate.
func Balanced(t *testing.T, l arrowexec.Ledger) {
	t.Helper()
	require.Equal(t, l.In, l.Used+l.Filtered+l.Late+l.Failed+l.Held, "%+v", l)
}

func sameRows(t *testing.T, want, got []Row, name string) {
	t.Helper()
	for i := range min(len(want), len(got)) {
		require.Equal(t, want[i].String(), got[i].String(), "row %d of %d, %s", i, len(want), name)
	}
	require.Len(t, got, len(want), name)
}
