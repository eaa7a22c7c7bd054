package arrowipc

import (
	"errors"
	"unicode/utf8"

	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/jsonscan"
)

var errUTF8 = errors.New("not valid UTF-8")

// checkTexts finds the rows whose texts are no UTF-8. sound is the dictionary of each
// column that was checked last, for it is the same in most batches.
func checkTexts(rows *ingest.FileRows, names []string, sound [][]byte) {
	for i, v := range rows.Cols {
		if v.Kind != vec.String || v.Const {
			continue
		}
		if d := v.Dict; d != nil {
			if same(sound[i], d.Data) {
				continue
			}
			wrong := wrongTexts(d)
			if wrong == nil {
				sound[i] = d.Data
				continue
			}
			for r, k := range v.Indices()[:rows.N] {
				if wrong[k] && !v.IsNull(r) {
					rows.Bad = append(rows.Bad, ingest.BadRow{Row: r, Field: names[i], Cause: errUTF8})
				}
			}
			continue
		}
		for r, bad := range wrongTexts(v) {
			if bad {
				rows.Bad = append(rows.Bad, ingest.BadRow{Row: r, Field: names[i], Cause: errUTF8})
			}
		}
	}
}

func same(a, b []byte) bool {
	return len(a) > 0 && len(a) == len(b) && &a[0] == &b[0]
}

// wrongTexts marks the texts of a column that are no UTF-8; nil: all are.
func wrongTexts(v *vec.Vec) (wrong []bool) {
	off := v.Offsets[:v.Len+1]
	if jsonscan.ASCII(v.Data[off[0]:off[v.Len]]) {
		return nil
	}
	for i := range v.Len {
		if !utf8.Valid(v.Data[off[i]:off[i+1]]) && !v.IsNull(i) {
			if wrong == nil {
				wrong = make([]bool, v.Len)
			}
			wrong[i] = true
		}
	}
	return wrong
}
