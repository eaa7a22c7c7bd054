package tabletest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/planner"
)

// TestStateStaysFlat holds that what tables keep depends on their rows, not on how
// often they change: a table of 1,000 rows, one made of it, a group of it, and joins
// with both.
func TestStateStaysFlat(t *testing.T) {
	few, many := stateAfter(t, 20_000), stateAfter(t, 100_000)
	for name, n := range many {
		if was := few[name]; n > was+was/2+1<<16 {
			t.Errorf("%s keeps %d bytes after 100,000 changes, %d after 20,000", name, n, was)
		}
	}
	t.Logf("after 100,000 changes of 1,000 rows: %v", many)
}

// stateAfter is the bytes that each operator keeps after changes of a table of 1,000
// rows, seen by a record that comes last.
func stateAfter(t *testing.T, changes int) map[string]int64 {
	dir := folder(t)
	var u, s strings.Builder
	for i := range changes {
		payload := fmt.Sprintf(`{"name":"n%d","g":%d}`, i, i*7919%50)
		if i%11 == 10 {
			payload = "null"
		}
		fmt.Fprintf(&u, `{"topic":"u","partition":0,"offset":%d,"ts":%d,"key":"%d","payload":%s}`+"\n", i, i, i*31%1000, payload)
	}
	for i := range 100 {
		fmt.Fprintf(&s, `{"topic":"s","partition":0,"offset":%d,"ts":%d,"key":null,"payload":{"id":%d}}`+"\n", i, changes*i/90, i)
	}
	o := options()
	o.Out = dir
	for name, text := range map[string]string{"u": u.String(), "s": s.String()} {
		path := filepath.Join(dir, name+".in.jsonl")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		o.From = append(o.From, planner.Binding{Name: name, Path: path, Props: map[string]string{"format": "capture"}})
	}
	app, err := planner.Compile(context.Background(), `
CREATE TABLE u (pk BIGINT PRIMARY KEY, name STRING, g BIGINT);
CREATE STREAM s (id BIGINT);
CREATE TABLE some AS SELECT pk PRIMARY KEY, name, g FROM u WHERE g < 40;
CREATE TABLE groups AS SELECT g AS gg, COUNT(*) AS n, MAX(name) AS m FROM some GROUP BY g;
CREATE STREAM seen AS SELECT s.id, x.name FROM s JOIN some x ON s.id = x.pk;
CREATE TABLE both AS SELECT x.pk PRIMARY KEY, y.n FROM some x LEFT JOIN groups y ON x.g = y.gg + 0;
`, o)
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	// The records of s go on when those of u have ended: the state is that of the end.
	stop, seen := make(chan struct{}), false
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	state := map[string]int64{}
	rep, err := app.Run(context.Background(), planner.RunOptions{
		Stop: stop, Allocator: mem,
		Sizer: &arrowexec.SizerOptions{Strategy: "fixed_size", Size: 1024},
		Between: func(take func() (*planner.Cut, error)) error {
			cut, err := take()
			if err == nil && !seen && cut.Records("u") == int64(changes) && !cut.Ended("s") {
				seen = true
				state["all memory"] = int64(mem.CurrentAlloc())
				close(stop)
			}
			return err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range rep.States {
		state[x.Query+" "+x.Operator] += x.State.Bytes
	}
	if len(state) < 5 {
		t.Fatal("nothing is kept")
	}
	return state
}
