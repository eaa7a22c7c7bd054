package arrowexec

import "github.com/velostream/velo/arrowexec/vec"

// Added is what [Batch.Retracts] has for a row that is added.
const Added = -1

// Retracted tells that row i is taken back.
func (b *Batch) Retracted(i int) bool { return b.Retracts != nil && b.Retracts[i] != Added }

// TimesOfCauses gives a column of times, of 64 bits and in ms, in which rows taken
// back have that of the record that caused it, and rows added one not before that,
// where the batch knows: a row that comes again because another has gone.
func (b *Batch) TimesOfCauses(times *vec.Vec) *vec.Vec {
	if b.Causes == nil {
		return times
	}
	old := b.Scope.Flat(times)
	v := b.Scope.New(times.Type, b.N)
	out, was := vec.Values[int64](v), vec.Values[int64](old)
	for i := range out {
		out[i] = b.Causes[i]
		if !old.IsNull(i) && !b.Retracted(i) {
			out[i] = max(out[i], was[i])
		}
	}
	return v
}
