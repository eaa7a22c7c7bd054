package bench

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnswerOfPeerIsChecked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "answer.csv")
	want := [][]any{{"a", int64(1), 0.5}, {"b", int64(2), 1.5}}
	read := func(text string) error {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		rows, err := csvRows(path, want, false)
		if err != nil {
			return err
		}
		return check(rows, want, 1)
	}
	require.NoError(t, read("b,2,1.5\na,1,0.5\n"))
	require.ErrorContains(t, read("b,2,1.5\na,1,0.6\n"), "wrong answer: row")
	require.ErrorContains(t, read("b,2,1.5\na,x,0.5\n"), "wrong answer: strconv")
	require.ErrorContains(t, read("b,2,1.5\n"), "1 rows, and 2 are right")
}

func TestBestPeerAndSpread(t *testing.T) {
	c := &Comparison{
		Work: "w", Unit: CPUPerRow, Rows: 10, Velo: Figures{Values: []float64{2, 4, 2}},
		Peers: []Figures{{Name: "slow", Values: []float64{9, 9, 9}}, {Name: "fast", Values: []float64{4, 4, 6}}},
		Bars:  []Bar{{Ratio: 2}, {Peer: "slow", Ratio: 5}},
	}
	require.Equal(t, "fast", c.Best().Name)
	require.Equal(t, Spread{2, 1, 3}, c.Ratio(c.Best()))
	require.Equal(t, "slow", c.Peer("slow").Name)
	require.Nil(t, c.Peer("none"))
	var sb strings.Builder
	require.NoError(t, c.Text(&sb))
	require.Contains(t, sb.String(), "2.00 (1.00 to 3.00) times less than fast in 3 rounds; target 2: met; target 5 × slow (4.50): missed")
}

func TestOwnSideSpeaksAsThePeersDo(t *testing.T) {
	w, err := FindWorkload("group-keys")
	require.NoError(t, err)
	b, err := lay(t.Context(), w, Options{Rows: 1000, Source: "file", Format: "arrows"})
	require.NoError(t, err)
	defer b.release()
	s := setup{Engine: "velo", Workload: w.Name, Tables: []setupTable{tableOf(w, b.d, "arrows", b.path)}}
	first, err := json.Marshal(s)
	require.NoError(t, err)
	answer := filepath.Join(t.TempDir(), "answer.csv")
	var out strings.Builder
	require.NoError(t, Engine(t.Context(), strings.NewReader(string(first)+"\n{}\n{\"answer\":\""+answer+"\"}\n"), &out))
	require.Equal(t, 3, strings.Count(out.String(), "\n"))
	require.NotContains(t, out.String(), `"error":"w`)
	rows, err := csvRows(answer, b.want, false)
	require.NoError(t, err)
	require.NoError(t, check(rows, b.want, w.Keys))
}
