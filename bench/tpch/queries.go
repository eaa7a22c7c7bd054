package tpch

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed queries/*.sql
var texts embed.FS

// Query is one of the 22.
type Query struct {
	Number int
	SQL    string
}

// Queries are the 22 with the parameters of the specification's validation. The
// text is the same for every engine.
func Queries() []Query {
	out := make([]Query, 22)
	for i := range out {
		b, err := texts.ReadFile(fmt.Sprintf("queries/q%02d.sql", i+1))
		if err != nil {
			panic(err) // it is compiled in
		}
		out[i] = Query{i + 1, strings.TrimSpace(string(b))}
	}
	return out
}
