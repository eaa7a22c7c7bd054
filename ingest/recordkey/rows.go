package recordkey

import (
	"errors"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// RowsOptions of [NewRows].
type RowsOptions struct {
	Columns []arrow.Field // of the scan
	Key     Fields
	Format  ingest.Format // of the payloads
	Props   ingest.Props
	Schema  *arrow.Schema // of the payloads; nil: no record was found that has columns
	JSON    ingest.Format // of keys that are JSON
	// Deletions makes a record without payload a row of its key, which is marked.
	Deletions bool
}

// Rows turns the keys and payloads of records into the payload columns of a scan:
// Begin, then Decode for each piece of a batch, then Finish. It belongs to one
// pipeline.
type Rows struct {
	o       RowsOptions
	dec     ingest.Decoder // nil: no column is read from the payload
	key     *Columns       // nil: no column is read from the key
	payload []int          // columns of the scan that are read from the payload
	fromKey []int          // and from the key; a PRIMARY KEY column is of both
	builds  []*vec.Builder
	keyCols []*vec.Builder
	nulls   bool // a record without payload is a row like any other
	plain   bool // the rows are those of the decoder

	rows     ingest.Rows
	values   [][]byte
	took     []int32 // payloads given to the decoder → records
	keyed    []keyed // records of which the key was read
	decoded  int     // rows of the decoder in the batch so far
	keyRows  int     // rows of the key's columns
	pick     []int32 // rows → rows of the decoder, -1: a deletion
	keyPick  []int32 // rows → rows of the key's columns
	mixed    bool    // the rows are not those of the decoder
	existing []int32 // rows → records, of one Decode
}

// keyed is a record of which the key was read.
type keyed struct {
	record, value int32 // value: its place among the decoder's payloads, -1: a deletion
	field         string
	doubt         error // the key cannot be read, which matters if the payload has none
}

// NewRows makes the decoders.
func NewRows(o RowsOptions) (*Rows, error) {
	r := &Rows{o: o, nulls: o.Format.Fixed != nil && !o.Deletions}
	if o.Format.Fixed != nil { // whatever the key is, the payload is something else
		r.o.Key.Primary = false
		o = r.o
	}
	var payload, key []arrow.Field
	for i, f := range o.Columns {
		part := o.Key.Index(f.Name) >= 0
		if part {
			r.fromKey, key = append(r.fromKey, i), append(key, f)
		}
		if !part || o.Key.Primary {
			r.payload, payload = append(r.payload, i), append(payload, f)
		}
		if part && o.Key.Primary { // NULL in one of them is no failure
			key[len(key)-1].Nullable, payload[len(payload)-1].Nullable = true, true
		}
	}
	blank := o.Schema == nil // no record that was looked at has columns: those that have none fail
	if blank {
		o.Schema = arrow.NewSchema(nil, nil)
	}
	if len(payload) > 0 || blank && o.Format.NewInferrer != nil {
		var err error
		if r.dec, err = o.Format.NewDecoder(o.Props, o.Schema, payload); err != nil {
			if !r.keyOnly() {
				return nil, err
			}
			if len(r.payload) > 0 { // a format whose own schema lacks the PRIMARY KEY
				rest := make([]arrow.Field, len(r.payload))
				for k, i := range r.payload {
					rest[k] = o.Columns[i]
				}
				var again error
				if r.dec, again = o.Format.NewDecoder(o.Props, o.Schema, rest); again != nil {
					return nil, err
				}
			}
		}
	}
	if len(key) > 0 {
		var err error
		if r.key, err = New(o.Key, key, o.JSON); err != nil {
			return nil, err
		}
	}
	r.builds, r.keyCols = builders(len(r.payload)), builders(len(r.fromKey))
	r.plain = r.key == nil && !o.Deletions
	return r, nil
}

// keyOnly leaves the PRIMARY KEY to the key, and tells whether that changed anything.
func (r *Rows) keyOnly() bool {
	rest := r.payload[:0:0]
	for _, i := range r.payload {
		if r.o.Key.Index(r.o.Columns[i].Name) < 0 {
			rest = append(rest, i)
		}
	}
	changed := len(rest) < len(r.payload)
	r.payload = rest
	return changed
}

func builders(n int) []*vec.Builder {
	out := make([]*vec.Builder, n)
	for i := range out {
		out[i] = &vec.Builder{}
	}
	return out
}

// NeedsKey tells that the records must have their keys.
func (r *Rows) NeedsKey() bool { return r.key != nil || r.o.Deletions }

// Passes tells that a record of this payload is no row, and no failure either: a
// deletion on a stream.
func (r *Rows) Passes(payload []byte) bool { return payload == nil && !r.nulls && !r.o.Deletions }

// Blind tells that the rows have neither columns of the payload nor of the key: what is in
// the records does not matter, only which there are.
func (r *Rows) Blind() bool { return r.plain && r.dec == nil }

// Alike gives the decoder, and what it makes rows of, where the rows are the decoder's
// and it reads many records at once; nil otherwise. [Rows.Take] is told of these rows.
func (r *Rows) Alike() (ingest.AlikeDecoder, *ingest.Rows) {
	if d, ok := r.dec.(ingest.AlikeDecoder); ok && r.plain {
		return d, &r.rows
	}
	return nil, nil
}

// Take makes n rows, of records that do not pass, where it is [Rows.Blind] or they
// have been made by [Rows.Alike].
func (r *Rows) Take(n int) { r.decoded += n }

// Begin starts a batch of at most so many rows, most likely.
func (r *Rows) Begin(sc *vec.Scope, want int) {
	r.rows = ingest.Rows{Cols: r.builds, Kept: r.rows.Kept}
	for i, j := range r.payload {
		r.builds[i].Init(sc, r.o.Columns[j].Type, want)
	}
	for i, j := range r.fromKey {
		r.keyCols[i].Init(sc, r.o.Columns[j].Type, want)
	}
	r.pick, r.keyPick = r.pick[:0], r.keyPick[:0]
	r.decoded, r.keyRows, r.mixed = 0, 0, false
}

// N is the number of rows of the batch so far.
func (r *Rows) N() int {
	if r.plain {
		return r.decoded
	}
	return len(r.pick)
}

// Unknown counts fields of the batch's payloads that the schema does not have.
func (r *Rows) Unknown() int64 { return r.rows.Unknown }

// Decode makes rows of records that do not pass, and gives the record of each row,
// until the next call. bad is told of records that give none; the slice is borrowed.
func (r *Rows) Decode(which []int32, keys, payloads [][]byte, bad func(rec int, field string, cause error)) ([]int32, error) {
	r.values, r.took, r.keyed = r.values[:0], r.took[:0], r.keyed[:0]
	if r.plain {
		return r.decode(which, payloads, bad)
	}
	for _, i := range which {
		k := keyed{record: i, value: int32(len(r.values))}
		deletion := payloads[i] == nil && r.o.Deletions
		if deletion {
			k.value = -1
		}
		if deletion && keys[i] == nil {
			bad(int(i), r.o.Key.Names[0], errors.New("a record without key and payload deletes nothing"))
			continue
		}
		if r.key != nil {
			if field, cause := r.key.Append(keys[i], r.keyCols); cause != nil {
				if deletion || !r.o.Key.Primary {
					bad(int(i), field, cause)
					continue
				}
				for _, b := range r.keyCols {
					b.Null()
				}
				k.field, k.doubt = field, cause
			}
		}
		if !deletion {
			r.values, r.took = append(r.values, payloads[i]), append(r.took, i)
		}
		r.keyed = append(r.keyed, k)
	}
	if err := r.payloads(r.values, r.took, bad); err != nil {
		return nil, err
	}
	r.join(bad)
	r.decoded += len(r.rows.Kept)
	r.keyRows += len(r.keyed)
	return r.existing, nil
}

// decode is Decode where neither keys nor deletions make a difference.
func (r *Rows) decode(which []int32, payloads [][]byte, bad func(rec int, field string, cause error)) ([]int32, error) {
	values := payloads
	if len(which) < len(payloads) { // else which is 0, 1, 2, …
		for _, i := range which {
			r.values = append(r.values, payloads[i])
		}
		values = r.values
	}
	err := r.payloads(values, which, bad)
	r.existing = r.existing[:0]
	for _, k := range r.rows.Kept {
		r.existing = append(r.existing, which[k])
	}
	r.decoded += len(r.rows.Kept)
	return r.existing, err
}

// payloads gives payloads, those of the records that took tells, to the decoder, if
// any column is read.
func (r *Rows) payloads(values [][]byte, took []int32, bad func(rec int, field string, cause error)) error {
	r.rows.Kept = r.rows.Kept[:0]
	if r.dec == nil { // a query of keys and system columns alone does not look at payloads
		for i := range values {
			r.rows.Kept = append(r.rows.Kept, int32(i))
		}
		return nil
	}
	r.rows.Bad = func(i int, field string, cause error) error {
		bad(int(took[i]), field, cause)
		return nil
	}
	return r.dec.Decode(values, &r.rows)
}

// join brings rows of the decoder and deletions in the order of their records. A row
// whose PRIMARY KEY neither gives is bad if its key could not be read, or must not be
// NULL.
func (r *Rows) join(bad func(rec int, field string, cause error)) {
	r.existing = r.existing[:0]
	at := 0
	for j, k := range r.keyed {
		row := int32(-1)
		if k.value >= 0 {
			if at == len(r.rows.Kept) || r.rows.Kept[at] != k.value {
				r.mixed = r.mixed || r.key != nil
				continue // the decoder reported it
			}
			row = int32(r.decoded + at)
			at++
			if r.o.Key.Primary && r.key != nil {
				if field, cause := r.missing(int(row), r.keyRows+j, k); cause != nil {
					bad(int(k.record), field, cause)
					r.mixed = true
					continue
				}
			}
		} else {
			r.mixed = true
		}
		r.pick, r.keyPick = append(r.pick, row), append(r.keyPick, int32(r.keyRows+j))
		r.existing = append(r.existing, k.record)
	}
}

// missing says what is wrong with a row that lacks a column of its PRIMARY KEY.
func (r *Rows) missing(row, keyRow int, k keyed) (string, error) {
	for c, j := range r.fromKey {
		f := r.o.Columns[j]
		if b := r.builder(j); b != nil && !b.NullAt(row) || k.doubt == nil && (f.Nullable || !r.keyCols[c].NullAt(keyRow)) {
			continue
		}
		if k.doubt != nil {
			return k.field, k.doubt
		}
		return f.Name, errors.New("NULL in a NOT NULL column")
	}
	return "", nil
}

// builder is that of a column of the scan in the payload; nil: it is not read there.
func (r *Rows) builder(column int) *vec.Builder {
	for i, j := range r.payload {
		if j == column {
			return r.builds[i]
		}
	}
	return nil
}

// Finish gives the columns of the batch, and which rows are deletions, as BOOLEAN.
func (r *Rows) Finish(sc *vec.Scope) (cols []*vec.Vec, deleted *vec.Vec) {
	n := r.N()
	cols = make([]*vec.Vec, len(r.o.Columns), len(r.o.Columns)+8)
	deletions := false
	for _, p := range r.pick {
		deletions = deletions || p < 0
	}
	for i, j := range r.payload {
		v := r.builds[i].Finish()
		switch {
		case deletions:
			v = orNull(sc, v, r.pick)
		case !r.plain && (r.mixed || v.Len != n):
			v = sc.Gather(v, vec.Sel(append(vec.Slice[int32](sc, n)[:0], r.pick...)))
		}
		cols[j] = v
	}
	for i, j := range r.fromKey {
		v := r.keyCols[i].Finish()
		if v.Len != n || r.mixed {
			v = sc.Gather(v, vec.Sel(append(vec.Slice[int32](sc, n)[:0], r.keyPick...)))
		}
		cols[j] = either(sc, cols[j], v)
	}
	if !deletions {
		return cols, sc.NullConst(vec.TypeBool, n)
	}
	b := vec.NewBuilder(sc, vec.TypeBool, n)
	for _, p := range r.pick {
		b.Bool(p < 0)
	}
	return cols, b.Finish()
}

// orNull gathers rows, NULL where there is none.
func orNull(sc *vec.Scope, v *vec.Vec, pick []int32) *vec.Vec {
	b := vec.NewBuilder(sc, v.Type, len(pick))
	for _, p := range pick {
		if p < 0 {
			b.Null()
		} else {
			b.AppendRow(v, int(p))
		}
	}
	return b.Finish()
}

// either takes the payload's value, and the key's where that is NULL.
func either(sc *vec.Scope, payload, key *vec.Vec) *vec.Vec {
	if payload == nil {
		return key
	}
	if !payload.HasNulls() {
		return payload
	}
	b := vec.NewBuilder(sc, key.Type, key.Len)
	for i := range key.Len {
		if payload.IsNull(i) {
			b.AppendRow(key, i)
		} else {
			b.AppendRow(payload, i)
		}
	}
	return b.Finish()
}
