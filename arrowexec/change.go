package arrowexec

import "github.com/velostream/velo/arrowexec/vec"

// Added is what [Batch.Retracts] has for a row that is added.
const Added = -1

// Retracted tells that row i is taken back.
func (b *Batch) Retracted(i int) bool { return b.Retracts != nil && b.Retracts[i] != Added }

// TimesOfCauses gives a column of times, of 64 bits and in ms, in which rows taken
// back have that of the record that caused it, where the batch knows.
func (b *Batch) TimesOfCauses(times *vec.Vec) *vec.Vec {
	if b.Retracts == nil || b.Causes == nil {
		return times
	}
	old := b.Scope.Flat(times)
	v := b.Scope.New(times.Type, b.N)
	out := vec.Values[int64](v)
	copy(out, vec.Values[int64](old)[:b.N])
	if old.Valid != nil {
		v.Valid = append(vec.Bitmap(b.Scope.Bytes(len(old.Valid))[:0]), old.Valid...)
	}
	for i := range out {
		if !b.Retracted(i) {
			continue
		}
		if out[i] = b.Causes[i]; v.Valid != nil {
			v.Valid.Set(i)
		}
	}
	return v
}
