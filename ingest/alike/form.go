package alike

import "github.com/velostream/velo/ingest/jsonscan"

// form is what records have in common that differ in nothing but their values. Before each
// value stands a text, and one behind the last.
type form struct {
	texts []text
	marks int // of a record; 0: there is no form
	size  int // bytes of the one that was learnt
	read  int // records, those long ago less
}

// text does not change from record to record; a string's quotes are of the texts.
type text struct {
	*jsonscan.Text
	mark int // number of its first mark among the record's
}

// change takes another form where the last is of no use, and not for this record only: those
// that are remembered in turns, and then a new one. It tells whether to try again.
func (x *Runs) change(record func() (record []byte, tail int)) bool {
	n := 0
	for i := range x.forms {
		if x.forms[i].marks > 0 {
			n++
		}
	}
	if n > 0 && x.misses == 0 {
		return false
	}
	if x.misses >= n && (x.tries < freely || x.read > learnAgain<<min(x.futile, 5)) {
		return x.learn(record())
	}
	if n < 2 {
		return false
	}
	x.known = 0
	x.at = (x.at + 1) % Forms
	for x.forms[x.at].marks == 0 {
		x.at = (x.at + 1) % Forms
	}
	return true
}

// learn takes the form of a record, of which the last tail bytes are its newline, if it has
// one that could be used.
func (x *Runs) learn(record []byte, tail int) bool {
	if len(record) == 0 || len(record) > pieceBytes/2 {
		return false
	}
	x.tries++
	if x.futile++; x.gain > learnAgain/8 {
		x.futile = 0
	}
	x.read, x.gain = 0, 0
	at := 0 // one of them is free
	for x.forms[at].marks > 0 {
		at++
	}
	f := x.formOf(at, record, tail)
	if f.marks == 0 {
		return false
	}
	x.forms[at], x.at, x.known = f, at, 0
	x.forget()
	return true
}

// forget frees the form of least use, but for the last, if there is none that is free.
func (x *Runs) forget() {
	least := -1
	for i := range x.forms {
		f := &x.forms[i]
		if f.marks == 0 {
			return
		}
		if f.read /= 2; i != x.at && (least < 0 || f.read < x.forms[least].read) {
			least = i
		}
	}
	x.forms[least] = form{}
}

func (x *Runs) formOf(at int, record []byte, tail int) form {
	marks := make([]int32, len(record)+1+jsonscan.MarksRoom)
	n, read := jsonscan.Marks(marks, record, x.escapes)
	if read < len(record) {
		return form{}
	}
	if tail == 0 {
		marks[n] = int32(len(record))
		n++
	}
	leaves, ok := x.taker.Leaves(at, record[:len(record)-tail])
	if !ok {
		return form{}
	}
	f := form{marks: n, size: len(record)}
	from, k := 0, 0
	for i := range len(leaves) + 1 {
		to, within := len(record), len(record)+1 // the end of the record is a mark of its last text
		if i < len(leaves) {
			to, within = leaves[i].From, leaves[i].From
		}
		if k == n || int(marks[k]) < from || int(marks[k]) >= within {
			return form{} // no mark to find the text by, or one in the value
		}
		f.texts = append(f.texts, text{jsonscan.NewText(record[from:to], int(marks[k])-from), k})
		for k < n && int(marks[k]) < within {
			k++
		}
		if i < len(leaves) {
			from = leaves[i].To
		}
	}
	return f
}
