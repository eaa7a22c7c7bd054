package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The tables stand between these lines of BENCHMARKS.md.
const (
	tablesBegin = "<!-- tables made by velo-bench tables: do not edit -->"
	tablesEnd   = "<!-- end of the tables -->"
)

// ReadComparisons reads the files of a folder, in the order of their names.
func ReadComparisons(dir string) (names []string, list []*Comparisons, err error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, nil, err
	}
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			return nil, nil, err
		}
		c := &Comparisons{}
		if err := json.Unmarshal(text, c); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", p, err)
		}
		if len(c.List) == 0 {
			return nil, nil, fmt.Errorf("%s: it has no comparisons; `velo-bench vs … -o json` writes them", p)
		}
		names, list = append(names, strings.TrimSuffix(filepath.Base(p), ".json")), append(list, c)
	}
	if len(list) == 0 {
		return nil, nil, fmt.Errorf("%s: there is no .json file of comparisons; `velo-bench vs … -o json` writes them", dir)
	}
	return names, list, nil
}

// Tables writes comparisons as Markdown, a table for each file.
func Tables(w io.Writer, names []string, list []*Comparisons) error {
	var sb strings.Builder
	for i, c := range list {
		fmt.Fprintf(&sb, "### %s\n\n`%s` at commit %s, %s, load average %s; %s, %d cores, %s/%s, %s.\n\n",
			names[i], c.Command, shortened(c.Commit), c.Time.Format("2 January 2006 15:04 UTC"), c.Load, c.Machine.CPU, c.Machine.Cores, c.Machine.OS, c.Machine.Arch, c.Machine.Go)
		units := map[string]bool{}
		for _, x := range c.List {
			units[x.Unit] = true
		}
		for _, unit := range slices.Sorted(maps.Keys(units)) {
			c.table(&sb, unit)
		}
	}
	_, err := io.WriteString(w, sb.String())
	return err
}

// shortened is a commit as people name it.
func shortened(commit string) string {
	hash, rest, _ := strings.Cut(commit, ",")
	if len(hash) > 10 {
		hash = hash[:10]
	}
	if hash == "" {
		return "unknown"
	}
	if rest != "" {
		return hash + "," + rest
	}
	return hash
}

// table writes the comparisons of one unit, a column for each peer.
func (c *Comparisons) table(sb *strings.Builder, unit string) {
	var peers []string
	for _, x := range c.List {
		for _, p := range x.Peers {
			if n := strings.TrimSpace(p.Name + " " + p.Version); x.Unit == unit && !slices.Contains(peers, n) {
				peers = append(peers, n)
			}
		}
	}
	fmt.Fprintf(sb, "| work, %s | rows | here | allocations/row | %s | times less than the best | targets |\n|%s\n", unit, strings.Join(peers, " | "), strings.Repeat(" --- |", 6+len(peers)))
	for _, x := range c.List {
		if x.Unit != unit {
			continue
		}
		fmt.Fprintf(sb, "| %s | %d | %s | %s |", x.Work, x.Rows, figure(x.Velo.Median()), allocations(x.Velo.Allocs))
		for _, n := range peers {
			cell := "–"
			for _, p := range x.Peers {
				if strings.TrimSpace(p.Name+" "+p.Version) == n {
					cell = figure(p.Median())
				}
			}
			fmt.Fprintf(sb, " %s |", cell)
		}
		best := "–"
		if p := x.Best(); p != nil {
			best = fmt.Sprintf("%s, %s", x.Ratio(p), p.Name)
		}
		var bars []string
		for _, b := range x.Bars {
			if text, met := x.verdict(b); text != "" {
				verdict := "**missed**"
				if met {
					verdict = "met"
				}
				bars = append(bars, text+": "+verdict)
			}
		}
		fmt.Fprintf(sb, " %s | %s |\n", best, strings.Join(bars, "; "))
	}
	sb.WriteByte('\n')
}

func figure(x float64) string {
	if x >= 100 {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.1f", x)
}

func allocations(x float64) string {
	if x == 0 {
		return "–"
	}
	return fmt.Sprintf("%.4f", x)
}

// PutTables writes the tables of a folder into a document, between its two lines.
func PutTables(dir, document string) error {
	names, list, err := ReadComparisons(dir)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(text, []byte(tablesBegin+"\n"))
	_, after, closed := bytes.Cut(rest, []byte(tablesEnd))
	if !ok || !closed {
		return fmt.Errorf("%s has no lines %q and %q for the tables to stand between", document, tablesBegin, tablesEnd)
	}
	var out bytes.Buffer
	out.Write(before)
	out.WriteString(tablesBegin + "\n\n")
	if err := Tables(&out, names, list); err != nil {
		return err
	}
	out.WriteString(tablesEnd)
	out.Write(after)
	return os.WriteFile(document, out.Bytes(), 0o644)
}
