package bench

import "strings"

// arrowFiles are workloads of grouping over an Arrow file, which everybody reads anew in
// each run: the questions and the bars of the workloads over records in memory, which are
// the harder comparison, because there nobody needs the schema, or touches a page first.
func arrowFiles() (list []*Workload) {
	names := map[string]string{
		"group-symbols": "arrow-group", "group-zipf": "arrow-zipf", "filter-group": "arrow-filter-group",
		"group-million": "arrow-million", "group-million-int": "arrow-million-int",
	}
	for _, w := range grouping() {
		name, ok := names[w.Name]
		if !ok {
			continue
		}
		w.Name, w.About = name, strings.Replace(w.About, "Arrow in memory", "Arrow file of 11 columns", 1)
		w.Source, w.Format = "file", "arrow"
		list = append(list, w)
	}
	return list
}
