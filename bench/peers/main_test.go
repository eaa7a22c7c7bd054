package main

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/velostream/velo/bench"
)

// Every way of every case finds the same values, and what is printed for programs
// has what they read.
func TestCasesAgree(t *testing.T) {
	for _, a := range areas {
		cases, err := a.cases(Options{Records: 300, Seed: 7})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			want, err := c.Ours.Sum()
			if err != nil || want.Rows == 0 {
				t.Fatalf("%s: %+v, %v", c.Name, want, err)
			}
			for _, w := range c.Peers {
				if got, err := w.Sum(); err != nil || got != want {
					t.Errorf("%s: %s: %+v, not %+v: %v", c.Name, w.Name, got, want, err)
				}
				if err := w.Run(); err != nil {
					t.Errorf("%s: %s: %v", c.Name, w.Name, err)
				}
			}
		}
	}
}

func TestResultsForPrograms(t *testing.T) {
	var out bytes.Buffer
	if err := run(&out, []string{"-o", "json", "-records", "50", "-rounds", "1", "-case", "copied", "filter"}); err != nil {
		t.Fatal(err)
	}
	var c bench.Comparisons
	if err := json.Unmarshal(out.Bytes(), &c); err != nil || len(c.List) != 1 {
		t.Fatalf("%v: %s", err, out.String())
	}
	if l := c.List[0]; l.Velo.Median() <= 0 || len(l.Peers) != 1 || l.Peers[0].Median() <= 0 || l.Rows != rows {
		t.Errorf("%+v", l)
	}
	for _, args := range [][]string{{"-o", "xml"}, {"-rounds", "0"}, {"yaml"}} {
		if err := run(&out, args); err == nil {
			t.Errorf("%q was taken", args)
		}
	}
}
