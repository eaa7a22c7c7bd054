package bench

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTablesStandBetweenTheirLines(t *testing.T) {
	t.Setenv(commitVar, "0123456789abcdef, changed")
	dir := t.TempDir()
	doc := filepath.Join(t.TempDir(), "doc.md")
	require.NoError(t, os.WriteFile(doc, []byte("head\n"+tablesBegin+"\nold\n"+tablesEnd+"\ntail\n"), 0o600))
	require.ErrorContains(t, PutTables(dir, doc), "no .json file of comparisons")
	f, err := os.Create(filepath.Join(dir, "engines.json"))
	require.NoError(t, err)
	c := NewComparisons("velo-bench vs peers", []*Comparison{{
		Work: "sort", Unit: CPUPerRow, Rows: 3, Velo: Figures{Values: []float64{1, 2}, Allocs: 0.001},
		Peers: []Figures{{Name: "a", Version: "1", Values: []float64{3, 3}}, {Name: "b", Values: []float64{8, 8}}}, Bars: []Bar{{Ratio: 4}, {Peer: "b", Ratio: 4}, {MBps: 1000}, {MBps: 1001}}, Bytes: 6,
	}, {Work: "start", Unit: "CPU ms", Rows: 10, Velo: Figures{Values: []float64{5}}, Peers: []Figures{{Name: "c", Values: []float64{10}}}}})
	require.NoError(t, c.JSON(f))
	require.NoError(t, f.Close())
	require.NoError(t, PutTables(dir, doc))
	require.NoError(t, PutTables(dir, doc)) // as often as one likes
	text, err := os.ReadFile(doc)
	require.NoError(t, err)
	require.Regexp(t, `^head\n<!-- tables`, string(text))
	require.Regexp(t, `end of the tables -->\ntail\n$`, string(text))
	require.NotContains(t, string(text), "old")
	require.Contains(t, string(text), "`velo-bench vs peers` at commit 0123456789, changed, ")
	require.Contains(t, string(text), "| work, CPU ns/row | rows | here | allocations/row | a 1 | b | times less than the best | targets |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n"+
		"| sort | 3 | 2.0 | 0.0010 | 3.0 | 8.0 | 3.00 (1.50 to 3.00), a | 4: **missed**; 4 × b (8.00): met; 1000 MB/s (1000): met; 1001 MB/s (1000): **missed** |\n")
	require.Contains(t, string(text), "| start | 10 | 5.0 | – | 10.0 | 2.00 (2.00 to 2.00), c |  |\n")
	require.NoError(t, os.WriteFile(doc, []byte("head\n"), 0o600))
	require.ErrorContains(t, PutTables(dir, doc), "has no lines")
}
