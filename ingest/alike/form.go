package alike

import "github.com/velostream/velo/ingest/jsonscan"

// form is what records have in common that differ in nothing but their values. Before each
// value stands a text, and one behind the last.
type form struct {
	texts []text
	marks int // of a record
	size  int // bytes of the one that was learnt
}

// text does not change from record to record; a string's quotes are of the texts.
type text struct {
	*jsonscan.Text
	mark int // number of its first mark among the record's
}

// learn takes the form of a record, of which the last tail bytes are its newline; false
// where it has none that could be used.
func (x *Runs) learn(record []byte, tail int) bool {
	x.learnt++
	x.read, x.form, x.known = 0, form{}, 0
	if len(record) == 0 || len(record) > pieceBytes/2 {
		return false
	}
	marks := make([]int32, len(record)+1+jsonscan.MarksRoom)
	n, read := jsonscan.Marks(marks, record, x.escapes)
	if read < len(record) {
		return false
	}
	if tail == 0 {
		marks[n] = int32(len(record))
		n++
	}
	leaves, ok := x.taker.Leaves(record[:len(record)-tail])
	if !ok {
		return false
	}
	f := form{marks: n, size: len(record)}
	from, k := 0, 0
	for i := range len(leaves) + 1 {
		to, within := len(record), len(record)+1 // the end of the record is a mark of its last text
		if i < len(leaves) {
			to, within = leaves[i].From, leaves[i].From
		}
		if k == n || int(marks[k]) < from || int(marks[k]) >= within {
			return false // no mark to find the text by, or one in the value
		}
		f.texts = append(f.texts, text{jsonscan.NewText(record[from:to], int(marks[k])-from), k})
		for k < n && int(marks[k]) < within {
			k++
		}
		if i < len(leaves) {
			from = leaves[i].To
		}
	}
	x.form = f
	return true
}
