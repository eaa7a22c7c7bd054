package group

// looksAhead tells that known rows are numbered by assembly.
const looksAhead = true

// knownRows gives rows the numbers of their texts until one is not known, is as long as
// inline, or begins behind last, from where 16 bytes cannot be read; the result is how
// many. The first parameter means nothing.
//
//go:noescape
func knownRows(sel *int32, n int, offs *int32, data *byte, last int, ids *int32, slots *uint64, mask, shift uint64, keys *strKey, a, b uint64, masks *cut) int

// knownRowsOf is knownRows of the rows listed.
//
//go:noescape
func knownRowsOf(sel *int32, n int, offs *int32, data *byte, last int, ids *int32, slots *uint64, mask, shift uint64, keys *strKey, a, b uint64, masks *cut) int
